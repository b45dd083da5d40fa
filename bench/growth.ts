/**
 * How does the cost of a channel grow? Joining with a fresh cursor, and resuming ten events back, with more and more history behind it;
 * publishing to one reader, with more and more readers of other topics beside it. In one process, no sockets: what counts is the
 * channel's own CPU time.
 */
import { build, figures, type Results, save } from './figures.ts'

const ROUNDS = Number(process.env.ROUNDS ?? 7)
const HISTORY = [100, 10_000, 1_000_000]
const TOPICS = [1, 100, 10_000, 100_000]
const JOINS = 500
/** More than a quarter of the log: readers that get nothing are told their position that often, and that counts. */
const PUBLISHED = 20_000
const FULL = 70_000

type Channel = import('../src/server/index.ts').Channel<{ note: number }>

export async function run(): Promise<void> {
  build()
  const { createChannel, createStream, memoryLog } = await import('../dist/server/index.js')

  const join = (channel: Channel, cursor: string) => {
    const headers: Record<string, string> = cursor === '' ? {} : { 'Last-Event-ID': cursor }
    const streams = Array.from({ length: JOINS }, () =>
      createStream<{ note: number }>(new Request('http://127.0.0.1/', { headers })),
    )
    const cost = cpu(() => {
      for (const stream of streams) channel.subscribe(stream)
    })
    for (const stream of streams) stream.close()
    return cost / JOINS
  }

  const history: { size: number; channel: Channel; tenBack: string }[] = []
  for (const size of HISTORY) {
    const channel: Channel = createChannel({ log: memoryLog({ maxEvents: size, maxBytes: 1e9 }) })
    const cursors: string[] = []
    for (let n = 0; n < size; n++) cursors.push(await channel.publish('note', n))
    history.push({ size, channel, tenBack: cursors.at(-11)! })
  }
  const topics = TOPICS.map((size) => {
    const channel: Channel = createChannel()
    const streams = Array.from({ length: size }, () => createStream<{ note: number }>(undefined, { heartbeat: false }))
    streams.forEach((stream, index) => {
      channel.subscribe(stream, { topics: [`user/${index}`] })
    })
    for (let n = 0; n < FULL; n++) channel.publish('note', n)
    return { size, channel, streams }
  })
  await new Promise(setImmediate)

  const fresh: Record<string, number[]> = {}
  const resumed: Record<string, number[]> = {}
  const published: Record<string, number[]> = {}
  const add = (into: Record<string, number[]>, key: string, value: number, round: number) => {
    into[key] ??= []
    if (round >= 0) into[key].push(value)
  }
  for (let round = -2; round < ROUNDS; round++) {
    for (const { size, channel, tenBack } of history) {
      add(fresh, `${size.toLocaleString('en')} events of history`, join(channel, ''), round)
      add(resumed, `${size.toLocaleString('en')} events of history`, join(channel, tenBack), round)
    }
    for (const { size, channel } of topics) {
      const before = process.cpuUsage()
      for (let n = 0; n < PUBLISHED; n++) await channel.publish('note', n, { topics: [`user/${n % size}`] })
      const { user, system } = process.cpuUsage(before)
      add(published, `${size.toLocaleString('en')} topics, a reader each`, (user + system) / PUBLISHED, round)
    }
  }
  const results: Results = {
    'µs to join afresh': fresh,
    'µs to resume ten events back': resumed,
    'µs to publish to one reader': published,
  }
  const table = figures(results, '')
  console.log(table)
  await save(
    'growth',
    results,
    `# How the cost of a channel grows

Joining afresh and resuming ten events back with more history behind it; publishing to one reader with more readers of other topics
beside it. In one process without sockets, microseconds of CPU, medians of ${ROUNDS} interleaved rounds. The ratio is to the smallest.
Node ${process.version}. Run it: \`npm run bench -- growth\`.

${table}
`,
  )
  for (const { streams } of topics) for (const stream of streams) stream.close()
}

/** Microseconds of CPU that a task takes. */
function cpu(task: () => void): number {
  const before = process.cpuUsage()
  task()
  const { user, system } = process.cpuUsage(before)
  return user + system
}
