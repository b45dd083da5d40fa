/**
 * The cost of an event for a client that receives flat out. One stream of 100-byte events in blocks of 64 KiB from a plain server;
 * each client in a process of its own, in turns. The figure is the client's CPU time for each event. The same client costs up to
 * half as much again in some processes and stays so until they end, so there are several of each.
 */
import type { ChildProcess } from 'node:child_process'
import { contestants } from './client/contestants.ts'
import { build, figures, machine, type Results, save } from './figures.ts'
import { LOAD_CORE, reply, SERVER_CORE, start, stop } from './processes.ts'

const FLOOR = 'floor: fetch + eventsource-parser, raw'
const CANNOT = { tRPC: 'its client reads with an EventSource of yours' }
const PROCESSES = Number(process.env.ROUNDS ?? 7)
const ROUNDS = 3
const WANTED = 1_000_000
const only = process.env.CONTESTANTS?.split(',')
const names = Object.keys(contestants).filter((name) => only?.includes(name) ?? true)

export async function run(): Promise<void> {
  build()
  const server = start('client/server.ts', [], LOAD_CORE)
  const clients = new Map<string, ChildProcess>()
  const costs: Record<string, number[]> = {}
  for (const name of names) costs[name] = []
  try {
    const { port, events: block } = await reply<{ port: number; events: number }>(server)
    const events = Math.ceil(WANTED / block) * block
    const url = `http://127.0.0.1:${port}/?events=${events}`
    for (let count = 0; count < PROCESSES; count++) {
      for (const name of names) {
        const client = start('client/client.ts', [name], SERVER_CORE)
        await reply(client)
        clients.set(name, client)
      }
      for (let round = -1; round < ROUNDS; round++) {
        for (const [name, client] of clients) {
          client.send({ url, events })
          const { cpu } = await reply<{ cpu: number }>(client)
          if (round >= 0) costs[name]!.push(cpu / events)
        }
      }
      stop(...clients.values())
      clients.clear()
    }
  } finally {
    stop(server, ...clients.values())
  }
  const results: Results = { 'µs of CPU an event': costs }
  console.log(figures(results, FLOOR, CANNOT))
  if (only !== undefined) return
  await save(
    'client',
    results,
    `# A client that receives flat out

One stream of 100-byte JSON events in blocks of 64 KiB from a plain server. Microseconds of the client's CPU for each event,
medians of ${ROUNDS} interleaved rounds of ${WANTED.toLocaleString('en')} events in each of ${PROCESSES} processes of each client. Less is better. "Raw" hands the
text over as it is; "body alone" only counts the ends of events. ${machine}. Run it: \`npm run bench -- client\`.

${figures(results, FLOOR, CANNOT)}
`,
  )
}
