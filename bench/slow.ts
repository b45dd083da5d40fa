/**
 * The cost of a client that has stopped reading. 200 MB are published to it and to one that reads; the figure is the peak growth of
 * the server's resident memory.
 */

import { contestants } from './fanout/contestants.ts'
import { build, figures, machine, type Results, save } from './figures.ts'
import { LOAD_CORE, reply, SERVER_CORE, start, stop } from './processes.ts'

const FLOOR = 'floor: res.write'
const ROUNDS = Number(process.env.ROUNDS ?? 3)
const MB = 1_000_000
/** Passes before the baseline, because the engine's room for garbage grows for as long as more of it comes. */
const WARM_UP = 6
const SIZES = [1_000, 16_000]
const only = process.env.CONTESTANTS?.split(',')
const names = Object.keys(contestants).filter((name) => only?.includes(name) ?? true)

export async function run(): Promise<void> {
  build()
  const results: Results = {}
  for (const size of SIZES) {
    process.env.EVENT_BYTES = String(size)
    const growth: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]))
    for (let round = 0; round < ROUNDS; round++) {
      for (const [name, values] of Object.entries(growth)) values.push(await growthOf(name))
    }
    results[`MB of growth, ${size.toLocaleString('en')}-byte events`] = growth
  }
  const table = figures(results, FLOOR)
  console.log(table)
  if (only !== undefined) return
  await save(
    'slow',
    results,
    `# A client that has stopped reading

A server publishes 200 MB to two clients, ten events a tick. One of them has stopped reading. The figure is by how many megabytes the server's resident
memory grows at its peak. It is compared with the peak of the ${WARM_UP} passes before, in which 200 MB each are published to the reading client alone. Medians of ${ROUNDS} rounds,
each in a new process. Less is better. Every one but Eventwire is used without a limit of the user's own, because it offers none.
${machine}. Run it: \`npm run bench -- slow\`.

${table}
`,
  )
}

async function growthOf(name: string): Promise<number> {
  const server = start('slow/server.ts', [name], SERVER_CORE)
  const { port, path = '/' } = await reply<{ port: number; path?: string }>(server)
  const client = start('slow/client.ts', [String(port), path], LOAD_CORE)
  const publish = async (): Promise<number> => {
    server.send('publish')
    return (await reply<{ peak: number }>(server)).peak
  }
  try {
    await reply(client)
    let usual = 0
    for (let pass = 0; pass < WARM_UP; pass++) usual = Math.max(usual, await publish())
    client.send('stall')
    await reply(client)
    return ((await publish()) - usual) / MB
  } finally {
    stop(client, server)
  }
}
