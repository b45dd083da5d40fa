/**
 * Runs benchmarks by name: `npm run bench -- parser encoder`, or a part of one, without a file for it:
 * `npm run bench -- parser --only=tokens,crlf --contestants=eventwire,eventsource-parser`. Each is a file of this folder that exports a `contest`, or a
 * `run` that does everything itself. Installs the rivals of bench/package.json when they are missing.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Contest, hold } from './harness.ts'
import { report } from './report.ts'

interface Benchmark {
  readonly contest?: Contest
  readonly run?: () => Promise<void>
}

const { positionals: names, values } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string' }, contestants: { type: 'string' } },
})
if (names.length === 0) fail('name the benchmarks to run, for example: npm run bench -- parser encoder')
for (const name of names) {
  if (!existsSync(new URL(`${name}.ts`, import.meta.url))) fail(`there is no bench/${name}.ts`)
}
installRivals()
for (const name of names) {
  const file = new URL(`${name}.ts`, import.meta.url).href
  const { contest, run } = (await import(file)) as Benchmark
  if (contest !== undefined) await compare(name, file, contest)
  else if (run !== undefined) await run()
  else fail(`bench/${name}.ts exports neither contest nor run`)
}

async function compare(name: string, file: string, contest: Contest): Promise<void> {
  const { only, contestants } = values
  const part: Contest = {
    ...contest,
    groups: Object.fromEntries(
      Object.entries(contest.groups).filter(([group]) => only?.split(',').includes(group) ?? true),
    ),
    contestants: contestants?.split(',') ?? contest.contestants,
  }
  const text = report(name, part, await hold(file, part), only === undefined && contestants === undefined)
  console.log(text)
}

function installRivals(): void {
  const { dependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'))
  const complete = Object.entries<string>(dependencies).every(([rival, version]) => installed(rival) === version)
  if (complete) return
  const folder = fileURLToPath(new URL('.', import.meta.url))
  console.log('Installing the rivals: npm ci --prefix bench')
  const { status } = spawnSync('npm', ['ci', '--prefix', folder], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  if (status !== 0) fail('the rivals could not be installed; run `npm ci --prefix bench` and try again')
}

function installed(rival: string): string | undefined {
  const manifest = new URL(`node_modules/${rival}/package.json`, import.meta.url)
  return existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')).version : undefined
}

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}
