/** Servers with their clients, connected at the same time, that take turns to broadcast. */
import type { ChildProcess } from 'node:child_process'
import { figures, type Results } from '../figures.ts'
import { LOAD_CORE, type Runtime, reply, SERVER_CORE, start, stop } from '../processes.ts'

export interface Entrant {
  readonly name: string
  readonly clients: number
}

interface Conditions {
  readonly rounds: number
  /** The module of the contestants, beside this one. @default './contestants.ts' */
  readonly module?: string
  /** The runtime of the servers. @default 'node' */
  readonly runtime?: Runtime
  /** Events in each tick. @default 1 */
  readonly aTick?: number
}

const SIZES = (process.env.CLIENTS ?? '100,1000,5000').split(',').map(Number)
export const DELIVERIES = 100_000
/** Seconds of a server's CPU for one round: those that need more for so many deliveries have fewer. */
export const ROUND_LIMIT = 1.2
/** Enough deliveries to see what one costs before a whole round is asked for. */
const GAUGE = 5_000

interface Pair {
  readonly server: ChildProcess
  readonly load: ChildProcess
  readonly clients: number
  /** Microseconds, as far as is known. */
  cost: number
}

/** The broadcast to each number of clients, printed as it is done. */
export async function bySize(names: readonly string[], floor: string, conditions: Conditions): Promise<Results> {
  const results: Record<string, Record<string, number[]>> = {}
  for (const clients of SIZES) {
    const cell = `${clients.toLocaleString('en')} clients`
    const costs = await compare(
      names.map((name) => ({ name, clients })),
      conditions,
    )
    results[cell] = Object.fromEntries(names.map((name, index) => [name, costs[index]!]))
    console.log(figures({ [cell]: results[cell] }, floor))
  }
  return results
}

/** @returns microseconds of the server's CPU for each event delivered, one a round, in the order of the entrants. */
export async function compare(entrants: readonly Entrant[], conditions: Conditions): Promise<number[][]> {
  const { rounds, aTick = 1 } = conditions
  const pairs: Pair[] = []
  const costs: number[][] = entrants.map(() => [])
  try {
    for (const entrant of entrants) pairs.push(await connect(entrant, conditions))
    for (const pair of pairs) pair.cost = await broadcast(pair, ticks(GAUGE, pair.clients, aTick), aTick)
    for (let round = -1; round < rounds; round++) {
      for (const [index, pair] of pairs.entries()) {
        const deliveries = Math.min(DELIVERIES, (ROUND_LIMIT * 1e6) / pair.cost)
        const cost = await broadcast(pair, ticks(deliveries, pair.clients, aTick), aTick)
        if (round >= 0) costs[index]!.push(cost)
        else pair.cost = cost
      }
    }
  } finally {
    for (const { server, load } of pairs) stop(server, load)
  }
  return costs
}

function ticks(deliveries: number, clients: number, aTick: number): number {
  return Math.max(1, Math.round(deliveries / clients / aTick))
}

async function connect({ name, clients }: Entrant, { module, runtime }: Conditions): Promise<Pair> {
  const server = start('fanout/server.ts', [name, module ?? './contestants.ts'], SERVER_CORE, runtime)
  const { port, path = '/' } = await reply<{ port: number; path?: string }>(server)
  const load = start('fanout/load.ts', [String(port), String(clients), path], LOAD_CORE)
  await reply(load)
  server.send('size')
  const { size } = await reply<{ size: number }>(server)
  if (size !== clients) throw new Error(`${name} has ${size} of ${clients} clients`)
  return { server, load, clients, cost: 0 }
}

async function broadcast({ server, load, clients }: Pair, ticks: number, aTick: number): Promise<number> {
  const expected = ticks * aTick * clients
  load.send(expected)
  const received = reply<{ received: number }>(load)
  server.send({ publish: ticks * aTick, aTick })
  const { received: count } = await received
  if (count !== expected) throw new Error(`${count} of ${expected} events arrived`)
  server.send('received')
  const { cpu } = await reply<{ cpu: number }>(server)
  return cpu / count
}
