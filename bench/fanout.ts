/**
 * The cost of a broadcast for the server. One channel, events of 100 bytes of JSON, N clients that read as fast as they can. Server
 * and clients are processes of their own; all contestants are connected at the same time and take turns. The figure is the
 * server's CPU time for each event delivered.
 */
import { bySize, DELIVERIES, ROUND_LIMIT } from './fanout/contest.ts'
import { contestants } from './fanout/contestants.ts'
import { build, figures, machine, type Results, save } from './figures.ts'

const FLOOR = 'floor: res.write'
const ROUNDS = Number(process.env.ROUNDS ?? 7)
const A_TICK = Number(process.env.A_TICK ?? 1)
const only = process.env.CONTESTANTS?.split(',')
const names = Object.keys(contestants).filter((name) => only?.includes(name) ?? true)

export async function run(): Promise<void> {
  build()
  const results = await bySize(names, FLOOR, { rounds: ROUNDS, aTick: A_TICK })
  if (only === undefined && A_TICK === 1 && process.env.CLIENTS === undefined)
    await save('fanout', results, page(results))
}

function page(results: Results): string {
  return `# Fan-out: what a broadcast costs the server

One channel and events of 100 bytes of JSON, each published in a tick of its own. The clients read as fast as they can, in processes of
their own on the same machine. The figure is the server's CPU for each event delivered, in microseconds.

Medians of ${ROUNDS} interleaved rounds, each of about ${DELIVERIES.toLocaleString('en')} deliveries or ${ROUND_LIMIT} s. Less is better. The floor passes one shared
buffer to \`res.write\` of every response. ${machine}. Run it: \`npm run bench -- fanout\`.

${figures(results, FLOOR)}
`
}
