/** Measures the bytes that compression saves, and its cost in CPU for each delivery and in memory for each connection. */
import { contestants } from './compression/contestants.ts'
import { build, Collected, figures, machine, save } from './figures.ts'
import { LOAD_CORE, reply, SERVER_CORE, start, stop } from './processes.ts'

const FLOOR = 'floor: res.write'
const ROUNDS = Number(process.env.ROUNDS ?? 3)
const CLIENTS = Number(process.env.CLIENTS ?? 1_000)
const EVENTS = Number(process.env.EVENTS ?? 200)
const SIZES = [200, 1_000]
const only = process.env.CONTESTANTS?.split(',')
const names = Object.keys(contestants).filter((name) => only?.includes(name) ?? true)

interface Cost {
  readonly bytes: number
  readonly cpu: number
  readonly memory: number
}

export async function run(): Promise<void> {
  build()
  const collected = new Collected()
  for (const size of SIZES) {
    for (let round = 0; round < ROUNDS; round++) {
      for (const name of names) {
        const { bytes, cpu, memory } = await costOf(name, size)
        collected.add(`bytes a delivery, events of ${size} B`, name, bytes)
        collected.add(`µs of CPU a delivery, events of ${size} B`, name, cpu)
        if (size === SIZES[0]) collected.add('KiB a connection', name, memory)
      }
    }
  }
  const table = figures(collected.results, FLOOR)
  console.log(table)
  if (only !== undefined || process.env.EVENTS !== undefined || process.env.CLIENTS !== undefined) return
  await save(
    'compression',
    collected.results,
    `# Compression of a broadcast

${EVENTS} events, one a tick, to ${CLIENTS.toLocaleString('en')} clients that accept gzip. Bytes on the socket and CPU of the server for each delivery, all threads included, and
resident memory for each connection after ${EVENTS} events; medians of ${ROUNDS} rounds, a new process each time, one client decodes and counts. Less is better. Every rival that
compresses does so for each client: none can do it once for all. ${machine}. Run it: \`npm run bench -- compression\`.

${table}
`,
  )
}

async function costOf(name: string, size: number): Promise<Cost> {
  const server = start('compression/server.ts', [name, `${size}`], SERVER_CORE)
  const { port } = await reply<{ port: number }>(server)
  const rss = async () => {
    server.send(0)
    return (await reply<{ rss: number }>(server)).rss
  }
  const before = await rss()
  const load = start('compression/load.ts', [`${port}`, `${CLIENTS}`], LOAD_CORE)
  try {
    await reply(load)
    server.send(EVENTS)
    await reply(server)
    const memory = ((await rss()) - before) / CLIENTS / 1_024
    server.send(EVENTS)
    const { cpu, bytes } = await reply<{ cpu: number; bytes: number }>(server)
    load.send(2 * EVENTS)
    const { events } = await reply<{ events: number }>(load)
    if (events !== 2 * EVENTS) throw new Error(`${name}: ${events} of ${2 * EVENTS} events arrived`)
    const deliveries = EVENTS * CLIENTS
    return { bytes: bytes / deliveries, cpu: cpu / deliveries, memory }
  } finally {
    stop(load, server)
  }
}
