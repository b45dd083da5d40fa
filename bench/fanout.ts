/**
 * What does a broadcast cost the server? One channel, events of 100 bytes of JSON, N clients that read as fast as they can. Server
 * and clients are processes of their own; all contestants are connected at the same time and take turns. What counts is the
 * server's CPU time for each event delivered.
 */
import type { ChildProcess } from 'node:child_process'
import { contestants } from './fanout/contestants.ts'
import { build, figures, type Results, save } from './figures.ts'
import { answer, LOAD_CORE, SERVER_CORE, start, stop } from './processes.ts'

const FLOOR = 'floor: res.write'
const CLIENTS = (process.env.CLIENTS ?? '100,1000,5000').split(',').map(Number)
const ROUNDS = Number(process.env.ROUNDS ?? 7)
const DELIVERIES = 100_000
const A_TICK = Number(process.env.A_TICK ?? 1)
const only = process.env.CONTESTANTS?.split(',')
const names = Object.keys(contestants).filter((name) => only?.includes(name) ?? true)

interface Pair {
  readonly server: ChildProcess
  readonly load: ChildProcess
}

export async function run(): Promise<void> {
  build()
  const results: Record<string, Record<string, number[]>> = {}
  for (const clients of CLIENTS) {
    const cell = `${clients.toLocaleString('en')} clients`
    results[cell] = await compare(clients)
    console.log(figures({ [cell]: results[cell]! }, FLOOR))
  }
  if (only === undefined && A_TICK === 1 && process.env.CLIENTS === undefined)
    await save('fanout', results, page(results))
}

async function compare(clients: number): Promise<Record<string, number[]>> {
  const pairs = new Map<string, Pair>()
  const costs: Record<string, number[]> = {}
  try {
    for (const name of names) {
      pairs.set(name, await connect(name, clients))
      costs[name] = []
    }
    const publish = Math.max(A_TICK, Math.round(DELIVERIES / clients))
    for (let round = -1; round < ROUNDS; round++) {
      for (const [name, pair] of pairs) {
        const cost = await broadcast(pair, publish, clients)
        if (round >= 0) costs[name]!.push(cost)
      }
    }
  } finally {
    for (const { server, load } of pairs.values()) stop(server, load)
  }
  return costs
}

async function connect(name: string, clients: number): Promise<Pair> {
  const server = start('fanout/server.ts', [name], SERVER_CORE)
  const { port } = await answer<{ port: number }>(server)
  const load = start('fanout/load.ts', [String(port), String(clients)], LOAD_CORE)
  await answer(load)
  server.send('size')
  const { size } = await answer<{ size: number }>(server)
  if (size !== clients) throw new Error(`${name} has ${size} of ${clients} clients`)
  return { server, load }
}

/** @returns microseconds of the server's CPU for each event delivered. */
async function broadcast({ server, load }: Pair, publish: number, clients: number): Promise<number> {
  load.send(publish * clients)
  const received = answer<{ received: number }>(load)
  server.send({ publish, aTick: A_TICK })
  const { received: count } = await received
  if (count !== publish * clients) throw new Error(`${count} of ${publish * clients} events arrived`)
  server.send('received')
  const { cpu } = await answer<{ cpu: number }>(server)
  return cpu / count
}

function page(results: Results): string {
  return `# Fan-out: what a broadcast costs the server

One channel, events of 100 bytes of JSON, each published in a tick of its own, clients that read as fast as they can. Microseconds of
the server's CPU for each event delivered, medians of ${ROUNDS} interleaved rounds of about ${DELIVERIES.toLocaleString('en')} deliveries; server and clients
are processes of their own on one machine. Less is better. The floor hands one shared buffer to \`res.write\` of every response.
Node ${process.version}. Run it: \`npm run bench -- fanout\`.

${figures(results, FLOOR)}
`
}
