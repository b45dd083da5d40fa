/**
 * The effect of a client that has stopped reading on the others. A hundred clients get an event every two milliseconds, first alone,
 * then beside one that has stopped and has been sent 10 MB. The figure is the time from publishing to arrival at each of the hundred.
 */
import { contestants } from './fanout/contestants.ts'
import { build, figures, machine, type Results, save } from './figures.ts'
import { LOAD_CORE, reply, SERVER_CORE, start, stop } from './processes.ts'

const FLOOR = 'floor: res.write'
const ROUNDS = Number(process.env.ROUNDS ?? 3)
const READERS = 100
const EVENTS = 500
const EVENT_BYTES = 1_000
const FLOOD = 10_000_000 / EVENT_BYTES
const NS = 1e6
const CELLS = ['ms, median, alone', 'ms, median, beside it', 'ms, 99 %, alone', 'ms, 99 %, beside it'] as const
const CANNOT = { tRPC: 'the million deliveries before each phase take it minutes' }
const only = process.env.CONTESTANTS?.split(',')
const names = Object.keys(contestants).filter((name) => !(name in CANNOT) && (only?.includes(name) ?? true))

export async function run(): Promise<void> {
  build()
  process.env.EVENT_BYTES = String(EVENT_BYTES)
  const results: Record<string, Record<string, number[]>> = Object.fromEntries(
    CELLS.map((cell) => [cell, Object.fromEntries(names.map((name) => [name, []]))]),
  )
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of names) {
      const found = await latencies(name)
      for (const [index, cell] of CELLS.entries()) results[cell]![name]!.push(found[index]!)
    }
  }
  const table = figures(results as Results, FLOOR, CANNOT)
  console.log(table)
  if (only !== undefined) return
  await save(
    'neighbours',
    results,
    `# The neighbours of a client that has stopped reading

${READERS} clients get ${EVENTS} events of ${EVENT_BYTES.toLocaleString('en')} bytes, one every two milliseconds: first alone, then beside a client that has stopped reading
and has been sent 10 MB. Milliseconds from publishing to the arrival at each of the hundred, medians of ${ROUNDS} rounds, a new process
each time. Less is better. ${machine}. Run it: \`npm run bench -- neighbours\`.

${table}
`,
  )
}

/** @returns as many milliseconds as there are cells. */
async function latencies(name: string): Promise<number[]> {
  const server = start('neighbours/server.ts', [name], SERVER_CORE)
  const { port, path = '/' } = await reply<{ port: number; path?: string }>(server)
  const clients = start('neighbours/clients.ts', [String(port), path, String(READERS)], LOAD_CORE)
  const timed = async () => {
    clients.send({ expect: EVENTS })
    await reply(clients)
    const arrived = reply<{ arrivals: number[][] }>(clients)
    server.send({ timed: EVENTS })
    const { times } = await reply<{ times: number[] }>(server)
    const { arrivals } = await arrived
    const all = arrivals.flatMap((own) => own.map((at, n) => (at - times[n]!) / NS)).sort((a, b) => a - b)
    return { median: all[all.length >> 1]!, late: all[Math.floor(all.length * 0.99)]! }
  }
  const flood = async () => {
    clients.send({ expect: FLOOD })
    await reply(clients)
    const arrived = reply(clients)
    server.send({ flood: FLOOD })
    await reply(server)
    await arrived
  }
  try {
    await reply(clients)
    await flood()
    const alone = await timed()
    clients.send({ stall: true })
    await reply(clients)
    await flood()
    const beside = await timed()
    return [alone.median, beside.median, alone.late, beside.late]
  } finally {
    stop(clients, server)
  }
}
