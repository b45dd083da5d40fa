/** Prices that change faster than anybody reads: the cost of a pace, how old the value is that a client holds, and memory. */
import { build, Collected, figures, machine, save } from './figures.ts'
import { contestants, EVERY } from './pace/contestants.ts'
import { LOAD_CORE, reply, SERVER_CORE, start, stop } from './processes.ts'

const FLOOR = 'floor: a Map, one res.write an interval'
const ROUNDS = Number(process.env.ROUNDS ?? 3)
const DURATION = Number(process.env.DURATION ?? 5_000)
const RATE = 20
const FEW = { keys: 100, clients: 20 }
const MANY = { keys: 1_000, clients: 100 }
const only = process.env.CONTESTANTS?.split(',')
const names = Object.keys(contestants).filter((name) => only?.includes(name) ?? true)

interface Scene {
  readonly keys: number
  readonly clients: number
}

export async function run(): Promise<void> {
  build()
  const collected = new Collected()
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of names) {
      const few = await measure(name, FEW)
      collected.add(`µs of CPU each ms, ${FEW.keys} keys, ${FEW.clients} clients`, name, few.cpu)
      collected.add('ms of age of what a client holds, p99', name, few.p99)
      const many = await measure(name, MANY)
      collected.add(
        `MB of growth in ${DURATION / 1_000} s, ${MANY.keys} keys, ${MANY.clients} clients`,
        name,
        Math.max(0.1, many.growth),
      )
    }
  }
  const table = figures(collected.results, FLOOR)
  console.log(table)
  if (only !== undefined || process.env.DURATION !== undefined) return
  await save(
    'pace',
    collected.results,
    `# Data that is faster than its readers

Each key changes ${RATE} times a second, each event in a tick of its own, and clients are written to each ${EVERY} ms, or at once. CPU of the server without that of publishing, which is
measured without clients; the age of the value of each key that a client holds, sampled each 10 ms, where ${EVERY + 1_000 / RATE - 10} ms are the least that the interval allows at p99; and how
resident memory grows. Medians of ${ROUNDS} rounds, a new process each time. Less is better. No other library for Server-Sent Events has keys or a pace. ${machine}. Run it: \`npm run bench -- pace\`.

${table}
`,
  )
}

async function measure(name: string, { keys, clients }: Scene) {
  const server = start('pace/server.ts', [name, `${keys}`, `${RATE}`], SERVER_CORE)
  const { port } = await reply<{ port: number }>(server)
  const costs = async () => {
    server.send(DURATION)
    return reply<{ cpu: number; rss: number }>(server)
  }
  await costs()
  const alone = await costs()
  const load = start('pace/load.ts', [`${port}`, `${clients}`], LOAD_CORE)
  try {
    await reply(load)
    const warm = await costs()
    const { cpu, rss } = await costs()
    load.send('age')
    const { p99 } = await reply<{ p99: number }>(load)
    return { cpu: Math.max(0.01, cpu - alone.cpu), p99, growth: (rss - warm.rss) / 1_000_000 }
  } finally {
    stop(load, server)
  }
}
