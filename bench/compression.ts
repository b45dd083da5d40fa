/** Measures the bytes that compression saves, and its cost in CPU for each delivery and in memory for each connection. */
import type { ChildProcess } from 'node:child_process'
import { contestants } from './compression/contestants.ts'
import { KINDS } from './compression/payload.ts'
import { build, Collected, figures, machine, type Results, save } from './figures.ts'
import { median } from './harness.ts'
import { LOAD_CORE, reply, SERVER_CORE, start, stop } from './processes.ts'

const FLOOR = 'floor: res.write'
const ROUNDS = Number(process.env.ROUNDS ?? 4)
const CLIENTS = Number(process.env.CLIENTS ?? 1_000)
const EVENTS = Number(process.env.EVENTS ?? 40)
/** Events before the first round: they fill each compressor's window, and let the engine optimise. */
const WARM_UP = 2 * EVENTS
/** Events before the others, because the turns of others are a silence that a broadcast does not have. */
const AGAIN = EVENTS
const only = process.env.CONTESTANTS?.split(',')
const names = Object.keys(contestants).filter((name) => only?.includes(name) ?? true)

interface Pair {
  readonly name: string
  readonly server: ChildProcess
  readonly load: ChildProcess
  /** Resident memory before the first client. */
  readonly before: number
}

export async function run(): Promise<void> {
  build()
  const collected = new Collected()
  for (const kind of Object.keys(KINDS)) await compare(kind, collected)
  const table = figures(collected.results, FLOOR)
  console.log(table)
  if (only !== undefined || process.env.EVENTS !== undefined || process.env.CLIENTS !== undefined) return
  await save('compression', collected.results, page(table, collected.results))
}

function page(table: string, results: Results): string {
  return `# Compression of a broadcast

A broadcast to ${CLIENTS.toLocaleString('en')} clients that accept gzip, one event in each tick. The events are JSON of one shape, with other values in each, as quotes and orders
are. All servers run at the same time with their clients connected, and take turns: ${ROUNDS} rounds of ${EVENTS} events, each after ${AGAIN} that are not counted.

The figures are bytes on the socket and CPU of the server, all its threads included, for each delivery. Memory is what each connection takes at the end. One client decodes
and counts. Medians; less is better. Each other library compresses for each client, and its bytes are the fewest that a stream of its own allows.
${machine}. Run it: \`npm run bench -- compression\`.

${Object.keys(KINDS)
  .map((kind) => compared(kind, results))
  .join('\n')}

${table}
`
}

/** Against ourselves without compression, which the table of the floor does not show. */
function compared(kind: string, results: Results): string {
  const ratio = (cell: string) => {
    const { eventwire, 'eventwire gzip()': compressed } = results[`${cell}, ${kind}`]!
    return (median(compressed!) / median(eventwire!)).toFixed(2)
  }
  return `- ${kind}: \`gzip()\` sends ${ratio('bytes a delivery')} of the bytes, for ${ratio('µs of CPU a delivery')} × the CPU of a delivery without it.`
}

/** One kind of event: contestants take turns, so that a busy moment of the machine meets all of them. */
async function compare(kind: string, collected: Collected): Promise<void> {
  const pairs: Pair[] = []
  try {
    for (const name of names) pairs.push(await open(name, kind))
    for (const { server } of pairs) await publish(server, WARM_UP)
    for (let round = 0; round < ROUNDS; round++) {
      for (const { name, server } of pairs) {
        await publish(server, AGAIN)
        const { cpu, bytes } = await publish(server, EVENTS)
        collected.add(`bytes a delivery, ${kind}`, name, bytes / EVENTS / CLIENTS)
        collected.add(`µs of CPU a delivery, ${kind}`, name, cpu / EVENTS / CLIENTS)
      }
    }
    for (const { name, server, before } of pairs) {
      collected.add(`KiB a connection, ${kind}`, name, ((await memory(server)) - before) / CLIENTS / 1_024)
    }
    for (const pair of pairs) await checkEvents(pair)
  } finally {
    for (const { server, load } of pairs) stop(load, server)
  }
}

async function open(name: string, kind: string): Promise<Pair> {
  const server = start('compression/server.ts', [name, kind], SERVER_CORE)
  const { port } = await reply<{ port: number }>(server)
  const before = await memory(server)
  const load = start('compression/load.ts', [`${port}`, `${CLIENTS}`], LOAD_CORE)
  await reply(load)
  return { name, server, load, before }
}

async function publish(server: ChildProcess, events: number): Promise<{ cpu: number; bytes: number }> {
  server.send(events)
  return reply(server)
}

async function memory(server: ChildProcess): Promise<number> {
  server.send(0)
  return (await reply<{ rss: number }>(server)).rss
}

async function checkEvents({ name, load }: Pair): Promise<void> {
  const expected = WARM_UP + ROUNDS * (AGAIN + EVENTS)
  load.send(expected)
  const { events } = await reply<{ events: number }>(load)
  if (events !== expected) throw new Error(`${name}: ${events} of ${expected} events arrived`)
}
