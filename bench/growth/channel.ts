/** A channel in one process, without sockets: what counts is its own CPU time. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const HISTORY = [100, 10_000, 1_000_000]
const TOPICS = [1, 100, 10_000, 100_000]
const JOINS = 500
/** More than a quarter of the log: that often a reader without events receives its position, and its cost belongs in the figure. */
const PUBLISHED = 20_000
const FULL = 70_000

setFlagsFromString('--expose-gc')
/** Called before joins, which would pay for what others have left; all of a long history takes a second. */
const collect = runInNewContext("() => gc({ type: 'minor' })") as () => void

type Server = typeof import('../../src/server/index.ts')
type Channel = import('../../src/server/index.ts').Channel<{ note: number }>
type Costs = Record<string, number[]>

/** Microseconds to join, with more and more history behind it. */
export async function byHistory(rounds: number): Promise<Record<string, Costs>> {
  const server = await load()
  const channels: { size: number; channel: Channel; tenBack: string }[] = []
  for (const size of HISTORY) {
    const channel: Channel = server.createChannel<{ note: number }>({
      log: server.memoryLog({ maxEvents: size, maxBytes: 1e9 }),
    })
    const cursors: string[] = []
    for (let n = 0; n < size; n++) cursors.push(await channel.publish('note', n))
    channels.push({ size, channel, tenBack: cursors.at(-11)! })
  }
  const fresh: Costs = {}
  const resumed: Costs = {}
  for (let round = -2; round < rounds; round++) {
    for (const { size, channel, tenBack } of channels) {
      const key = `${size.toLocaleString('en')} events of history`
      add(fresh, key, join(server, channel, ''), round)
      add(resumed, key, join(server, channel, tenBack), round)
    }
  }
  return { 'eventwire, µs to join afresh': fresh, 'eventwire, µs to resume ten events back': resumed }
}

/** Microseconds to publish to one reader, with more and more readers of other topics beside it. */
export async function byTopics(rounds: number): Promise<Record<string, Costs>> {
  const { createChannel, createStream } = await load()
  const channels = TOPICS.map((size) => {
    const channel: Channel = createChannel<{ note: number }>()
    const streams = Array.from({ length: size }, () => createStream<{ note: number }>(undefined, { heartbeat: false }))
    streams.forEach((stream, index) => {
      channel.subscribe(stream, { topics: [`user/${index}`] })
    })
    for (let n = 0; n < FULL; n++) channel.publish('note', n)
    return { size, channel, streams }
  })
  await new Promise(setImmediate)
  const published: Costs = {}
  for (let round = -2; round < rounds; round++) {
    for (const { size, channel } of channels) {
      const before = process.cpuUsage()
      for (let n = 0; n < PUBLISHED; n++) await channel.publish('note', n, { topics: [`user/${n % size}`] })
      const { user, system } = process.cpuUsage(before)
      add(
        published,
        size === 1 ? '1 topic' : `${size.toLocaleString('en')} topics, a reader each`,
        (user + system) / PUBLISHED,
        round,
      )
    }
  }
  for (const { streams } of channels) for (const stream of streams) stream.close()
  return { 'eventwire, µs to publish to one reader': published }
}

/** As it is published, not as it is written. */
function load(): Promise<Server> {
  return import('../../dist/server/index.js') as Promise<Server>
}

function join({ createStream }: Server, channel: Channel, cursor: string): number {
  const headers: Record<string, string> = cursor === '' ? {} : { 'Last-Event-ID': cursor }
  const streams = Array.from({ length: JOINS }, () =>
    createStream<{ note: number }>(new Request('http://127.0.0.1/', { headers })),
  )
  collect()
  const before = process.cpuUsage()
  for (const stream of streams) channel.subscribe(stream)
  const { user, system } = process.cpuUsage(before)
  for (const stream of streams) stream.close()
  return (user + system) / JOINS
}

function add(into: Costs, key: string, value: number, round: number): void {
  into[key] ??= []
  if (round >= 0) into[key].push(value)
}
