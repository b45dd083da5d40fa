/**
 * Runs benchmarks: all with `npm run bench`, some by name with `npm run bench -- parser encoder`, or a part of one, without a file for it, with
 * `npm run bench -- parser --only=tokens,crlf --contestants=eventwire,eventsource-parser`. Each is a file of this folder that exports a `contest`, or a
 * `run` that does everything itself. Installs the rivals of bench/package.json when they are missing.
 *
 * Of several, each has a process of its own, and its page is written when it ends. One that fails does not stop the others.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Contest, sampled } from './harness.ts'
import { stopAll } from './processes.ts'
import { writeQuotes } from './quoted.ts'
import { quotes } from './quotes.ts'
import { report } from './report.ts'

interface Benchmark {
  readonly contest?: Contest
  readonly run?: () => Promise<void>
}

/** Every one that has a page: first those whose figures are promised, and of the others the quick ones. */
const ALL =
  'fanout replay history redis sqlite pace compression tabs stream idle client parser editor fanout-bun runs startup encoder growth neighbours slow'.split(
    ' ',
  )
/** Milliseconds for one of several; the longest takes five minutes. */
const LIMIT = 900_000

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string' }, contestants: { type: 'string' } },
})
const names = positionals.length === 0 ? ALL : positionals
for (const name of names) {
  if (!existsSync(new URL(`${name}.ts`, import.meta.url))) fail(`there is no bench/${name}.ts`)
}
installRivals()
if (names.length === 1) await runOne(names[0]!)
else runAll()

async function runOne(name: string): Promise<void> {
  try {
    await hold(name)
    writeQuotes(quotes)
  } catch (error) {
    console.error(`${name} has failed:`, error)
    process.exitCode = 1
    stopAll()
  }
}

function runAll(): void {
  const summary = names.map((name) => {
    const started = performance.now()
    const args = [...process.execArgv, fileURLToPath(import.meta.url), name, ...process.argv.slice(2).filter(isOption)]
    const { status } = spawnSync(process.execPath, args, { stdio: 'inherit', timeout: LIMIT, killSignal: 'SIGKILL' })
    if (status !== 0) process.exitCode = 1
    const line = `${name} ${status === 0 ? 'took' : 'has failed after'} ${Math.round((performance.now() - started) / 1000)} s`
    console.log(`${line}\n`)
    return line
  })
  console.log(summary.join('\n'))
}

function isOption(argument: string): boolean {
  return argument.startsWith('--')
}

async function hold(name: string): Promise<void> {
  const file = new URL(`${name}.ts`, import.meta.url).href
  const { contest, run } = (await import(file)) as Benchmark
  if (contest !== undefined) await compare(name, file, contest)
  else if (run !== undefined) await run()
  else throw new Error(`bench/${name}.ts exports neither contest nor run`)
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
  const text = await report(name, part, await sampled(file, part), only === undefined && contestants === undefined)
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
