/**
 * The cost of a client that has stopped reading. 200 MB are published to it and to one that reads; the figure is the peak growth of
 * the server's resident memory.
 */

import { contestants } from './fanout/contestants.ts'
import { build, figures, machine, type Results, save } from './figures.ts'
import { answer, LOAD_CORE, SERVER_CORE, start, stop } from './processes.ts'

const FLOOR = 'floor: res.write'
const ROUNDS = Number(process.env.ROUNDS ?? 3)
const MB = 1_000_000
const only = process.env.CONTESTANTS?.split(',')
const names = Object.keys(contestants).filter((name) => only?.includes(name) ?? true)

export async function run(): Promise<void> {
  build()
  process.env.EVENT_BYTES ??= '1000'
  const growth: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, values] of Object.entries(growth)) {
      const server = start('slow/server.ts', [name], SERVER_CORE)
      const { port, path = '/' } = await answer<{ port: number; path?: string }>(server)
      const client = start('slow/client.ts', [String(port), path], LOAD_CORE)
      try {
        await answer(client)
        server.send('publish')
        const usual = await answer<{ peak: number }>(server)
        client.send('stall')
        await answer(client)
        server.send('publish')
        values.push(((await answer<{ peak: number }>(server)).peak - usual.peak) / MB)
      } finally {
        stop(client, server)
      }
    }
  }
  const results: Results = { 'MB of growth': growth }
  const table = figures(results, FLOOR)
  console.log(table)
  if (only !== undefined) return
  await save(
    'slow',
    results,
    `# A client that has stopped reading

200 MB of 1,000-byte events are published to two clients, ten events a tick; one of them has stopped reading. By how many megabytes the
server's resident memory grows at its peak, over the peak of 200 MB published to the reading one alone; medians of ${ROUNDS} rounds, a new process each time. Less is better. Every one but
Eventwire is used without a limit of the user's own, because it offers none. ${machine}. Run it: \`npm run bench -- slow\`.

${table}
`,
  )
}
