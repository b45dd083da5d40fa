/**
 * The cost of a broadcast for a server on Bun. As in `fanout`, with the same clients, on `Bun.serve`; the floor is the cost of
 * Bun's own direct streams.
 */
import { execFileSync } from 'node:child_process'
import { bySize, DELIVERIES, ROUND_LIMIT } from './fanout/contest.ts'
import { build, figures, machine, type Results, save } from './figures.ts'

const FLOOR = 'floor: direct stream'
/** Written out: the module of the contestants runs on Bun alone. */
const NAMES = [FLOOR, 'floor: ReadableStream', 'eventwire', 'better-sse', 'hono', 'h3', 'tRPC']
const CANNOT = { '@fastify/sse': 'it answers through `node:http`, not `Bun.serve`' }
const ROUNDS = Number(process.env.ROUNDS ?? 7)
const only = process.env.CONTESTANTS?.split(',')
const names = NAMES.filter((name) => only?.includes(name) ?? true)

export async function run(): Promise<void> {
  build()
  const results = await bySize(names, FLOOR, { rounds: ROUNDS, module: './contestants-bun.ts', runtime: 'bun' })
  if (only === undefined && process.env.CLIENTS === undefined) await save('fanout-bun', results, page(results))
}

function page(results: Results): string {
  const version = execFileSync('bun', ['--version'], { encoding: 'utf8' }).trim()
  return `# Fan-out on Bun

The same broadcast to the same clients as in [fanout](fanout.md), from \`Bun.serve\`. Microseconds of the server's CPU for each event
delivered, medians of ${ROUNDS} interleaved rounds of about ${DELIVERIES.toLocaleString('en')} deliveries, or as many as cost a contestant ${ROUND_LIMIT} s. Less is
better. The floor writes one shared buffer to a stream of \`type: 'direct'\` for each client and flushes it. Bun ${version}; clients on
${machine}. Run it: \`npm run bench -- fanout-bun\`.

${figures(results, FLOOR, CANNOT)}
`
}
