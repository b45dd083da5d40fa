/** The cost for a server when all its clients reconnect at once and miss the whole history, as after a deploy. */
import { build, figures, machine, type Results, save } from './figures.ts'
import { LOAD_CORE, reply, SERVER_CORE, start, stop } from './processes.ts'
import { contestants } from './replay/contestants.ts'

const FLOOR = 'floor: a ready buffer in 64 KiB pieces'
const ROUNDS = Number(process.env.ROUNDS ?? 5)
const EVENTS = 60_000
const CLIENTS = 50

export async function run(): Promise<void> {
  build()
  const costs: Record<string, number[]> = Object.fromEntries(Object.keys(contestants).map((name) => [name, []]))
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, values] of Object.entries(costs)) values.push(await measure(name))
  }
  const results: Results = { 'ns of server CPU for each replayed event': costs }
  const table = figures(results, FLOOR)
  console.log(table)
  await save(
    'replay',
    results,
    `# Catching up

${CLIENTS} clients connect at the same moment and read a history of ${EVENTS.toLocaleString('en')} events of 100 bytes each, over node:http. The figure is
the CPU of the server's process for each event that a client receives, the cost of its connection included. Medians of ${ROUNDS} interleaved rounds, each in a new
process, after one that is not counted. Less is better. The floor has all bytes ready and writes them in pieces of 64 KiB as
the client takes them. ${machine}. Run it: \`npm run bench -- replay\`.

${table}
`,
  )
}

async function measure(name: string): Promise<number> {
  const server = start('replay/server.ts', [name, String(EVENTS)], SERVER_CORE)
  const { port } = await reply<{ port: number }>(server)
  const client = start('replay/client.ts', [String(port), String(CLIENTS), String(EVENTS)], LOAD_CORE)
  try {
    await reply(client)
    await replay(client)
    const before = await cpuOf(server)
    await replay(client)
    return (((await cpuOf(server)) - before) * 1_000) / (CLIENTS * EVENTS)
  } finally {
    stop(client, server)
  }
}

async function replay(client: ReturnType<typeof start>): Promise<void> {
  client.send('replay')
  await reply(client)
}

async function cpuOf(server: ReturnType<typeof start>): Promise<number> {
  server.send('cpu')
  return (await reply<{ cpu: number }>(server)).cpu
}
