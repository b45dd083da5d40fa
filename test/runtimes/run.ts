// Runs the same checks against the built package in every runtime: npm run test:runtimes, or with words of engine names.
import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { type Engine, engines, type RunningEngine, start, versionOf } from './engines.ts'
import { examples } from './examples.ts'
import { hostChecks } from './host-suite.ts'
import { isInstalled, proxies, type ReverseProxy, startBehind } from './proxies.ts'
import { proxyChecks } from './proxy-suite.ts'
import { runsCheck } from './runs.ts'
import { type Check, checks } from './suite.ts'
import { kitCheck } from './testing-kit.ts'

const LIMIT = 40_000
const words = process.argv.slice(2)
const chosen = [...engines, ...examples, ...proxies].filter(({ name }) =>
  words.every((word) => name.toLowerCase().includes(word.toLowerCase())),
)

let passed = 0
let failed = 0

async function within(limit: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${limit} ms`)), limit)
  })
  await Promise.race([work, late]).finally(() => clearTimeout(timer))
}

async function runEngine(engine: Engine): Promise<void> {
  const failures: string[] = []
  const attempt = async (check: Check, { port, output }: RunningEngine): Promise<void> => {
    try {
      await within(LIMIT, check.run({ engine, port, output }))
      passed++
    } catch (error) {
      failed++
      failures.push(`  ${check.name}: ${error instanceof Error ? error.message : error}`)
    }
  }
  const behind = 'proxy' in engine ? (engine as ReverseProxy) : undefined
  if (behind !== undefined && !isInstalled(behind)) return leaveOut(behind)
  const here = (behind ? proxyChecks : engine.example ? hostChecks : [...checks, kitCheck, runsCheck]).filter(
    ({ on }) => on === undefined || on(engine),
  )
  try {
    const running = await (behind ? startBehind(behind) : start(engine))
    const alongside = here.filter((check) => check.alongside).map((check) => attempt(check, running))
    for (const check of here) if (!check.alongside) await attempt(check, running)
    await Promise.all(alongside)
    await running.stop()
    // The other engines log terminated connections, which these checks cause on purpose, and a dev server its own warnings.
    if (engine.runtime === 'node' && engine.stopsWith === undefined && running.errors() !== '') {
      failed++
      failures.push(`  it said on stderr: ${running.errors()}`)
    }
  } catch (error) {
    failed++
    failures.push(`  ${error instanceof Error ? error.message : error}`)
  }
  const result = failures.length === 0 ? `${here.length} checks passed` : `${failures.length} failed`
  console.log([`${engine.name} (${versionOf(engine)}): ${result}`, ...failures].join('\n'))
}

/** CI has to have what Debian installs; a developer need not. */
function leaveOut({ name, proxy }: ReverseProxy): void {
  if (process.env.CI) failed++
  console.log(`${name}: left out, ${proxy} is not installed (apt-get install ${proxy})`)
}

/** As their readers compile them: against the built package and the frameworks' own types. */
function typeCheckExamples(): void {
  const tsc = fileURLToPath(new URL('../../node_modules/.bin/tsc', import.meta.url))
  const project = fileURLToPath(new URL('../../examples/hosts', import.meta.url))
  const { status, stdout } = spawnSync(tsc, ['--noEmit', '--pretty', 'false', '-p', project], { encoding: 'utf8' })
  if (status === 0) passed++
  else failed++
  console.log(status === 0 ? 'examples/hosts compiles' : `examples/hosts does not compile:\n${stdout}`)
}

const waiting = [...chosen]
await Promise.all(
  Array.from({ length: Math.max(1, availableParallelism()) }, async () => {
    for (let engine = waiting.shift(); engine !== undefined; engine = waiting.shift()) await runEngine(engine)
  }),
)
if (words.length === 0) typeCheckExamples()
console.log(`\n${passed} passed, ${failed} failed`)
process.exit(failed > 0 || passed === 0 ? 1 : 0)
