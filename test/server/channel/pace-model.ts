import * as fc from 'fast-check'
import { expect } from 'vitest'
import type { Message } from '../../../src/index.ts'
import { createChannel, type EventLog, type ReaderOptions } from '../../../src/server/index.ts'
import * as internals from '../../../src/server/stream/internal.ts'
import { ChannelClient, requestAfter } from './channel-client.ts'

/** The payload says what was published: `n` counts from 1, as the positions of the log do. */
export interface Tick {
  readonly n: number
  readonly odd: boolean
  readonly pad: string
}
export interface Events {
  price: Tick
  stock: Tick
  last: Tick
}

interface Published {
  readonly n: number
  readonly type: 'price' | 'stock' | 'last'
  readonly key: string | undefined
  readonly topics: readonly string[] | undefined
  readonly forget: boolean
  readonly odd: boolean
}

interface Settings {
  readonly topics: string
  readonly from: 'now' | 'start' | 'latest'
  readonly every: number | undefined
  readonly filtered: boolean
}

/** When events were written to each stream. */
const writesOf = new WeakMap<object, number[]>()
const write = internals.deliver
internals.defineInternals(
  internals.settings,
  internals.isOpen,
  internals.hasRoom,
  internals.awaitRoom,
  internals.begin,
  internals.abandon,
  internals.attach,
  (stream, bytes, events) => {
    if (!writesOf.has(stream)) writesOf.set(stream, [])
    if (events > 0) writesOf.get(stream)!.push(performance.now())
    write(stream, bytes, events)
  },
  internals.flush,
  internals.fail,
  internals.finish,
  internals.onDrained,
  internals.onDetached,
  internals.onSilence,
  internals.onTimeout,
)

const TOPICS = [undefined, ['a'], ['b'], ['a', 'b/c']]
const READS: Record<string, (topics: readonly string[] | undefined) => boolean> = {
  none: (topics) => topics === undefined,
  a: (topics) => topics?.includes('a') ?? false,
  'b/*': (topics) => topics?.includes('b/c') ?? false,
  '**': () => true,
}

const client = fc.nat(2)
const settings = fc.record({
  topics: fc.constantFrom(...Object.keys(READS)),
  from: fc.constantFrom('now' as const, 'start' as const, 'latest' as const, 'latest' as const),
  every: fc.constantFrom(undefined, 20, 250),
  filtered: fc.constantFrom(false, false, true),
})
const publication = fc.record({
  op: fc.constant('publish' as const),
  count: fc.integer({ min: 1, max: 6 }),
  type: fc.constantFrom('price' as const, 'stock' as const),
  key: fc.constantFrom(undefined, 'x', 'y', 'z'),
  topics: fc.nat(3),
  forget: fc.constantFrom(false, false, false, true),
  size: fc.constantFrom(10, 10, 30_000, 70_000),
})
const step = fc.oneof(
  { weight: 6, arbitrary: publication },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('take' as const), client }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('join' as const), client, settings }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('leave' as const), client }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('wait' as const), ms: fc.constantFrom(0, 5, 20, 250) }) },
)

export type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never
export const steps: fc.Arbitrary<Step[]> = fc.array(step, { maxLength: 50 })

/** One client over all of its connections. */
class Page {
  readonly settings: Settings
  writes: readonly number[] = []
  connection: ChannelClient | undefined
  /** The messages that it received before its present connection. */
  #before: Message[] = []

  constructor(settings: Settings) {
    this.settings = settings
  }

  get messages(): readonly Message[] {
    return [...this.#before, ...(this.connection?.messages ?? [])]
  }

  get cursor(): string {
    return this.messages.filter(({ id }) => id !== '').at(-1)?.id ?? ''
  }

  /** A client that has no position yet begins anew. */
  reconnecting(): void {
    this.#before = this.cursor === '' ? [] : [...this.messages]
  }
}

export interface World {
  readonly log: EventLog
  /** Lets time pass, and everything happen that is due. */
  wait(ms: number): Promise<void>
  /** Bytes of a payload that are kept: with small ones each write is whole. */
  readonly maxSize: number
  /** Whether the log may be trimmed before the channel has looked at it: a gap then reports a lost value. */
  readonly isRemote?: boolean
}

/** Plays the steps, then lets every client catch up, and holds what each received against the rules. */
export async function play(steps: readonly Step[], { log, wait, maxSize, isRemote = false }: World): Promise<void> {
  const channel = createChannel<Events>({ log, stream: { heartbeat: false } })
  const pages = new Map<number, Page>()
  const published: Published[] = []
  const publish = (event: Omit<Published, 'n' | 'odd'>, size: number) => {
    const n = published.length + 1
    published.push({ ...event, n, odd: n % 2 === 1 })
    const { type, key, topics, forget } = event
    channel.publish(type, { n, odd: n % 2 === 1, pad: 'x'.repeat(Math.min(size, maxSize)) }, { key, topics, forget })
  }
  const connect = (page: Page) => {
    const { topics, from, every, filtered } = page.settings
    const options: ReaderOptions<Events> = {
      from,
      every,
      ...(topics !== 'none' && { topics: [topics] }),
      ...(filtered && { filter: ({ type, data }) => type === 'last' || data.odd }),
    }
    page.connection = new ChannelClient(channel.response(requestAfter(page.cursor), options))
    page.writes = writesOf.get([...channel].at(-1)!) ?? []
  }
  for (const step of steps) {
    if (step.op === 'publish') {
      const { count, type, key, forget, size } = step
      for (let index = 0; index < count; index++) {
        publish({ type, key, topics: TOPICS[step.topics], forget: forget && key !== undefined }, size)
      }
    } else if (step.op === 'join') {
      const page = pages.get(step.client) ?? new Page(step.settings)
      if (pages.has(step.client)) {
        await leave(page)
      }
      pages.set(step.client, page)
      connect(page)
    } else if (step.op === 'take')
      pages
        .get(step.client)
        ?.connection?.take()
        .catch(() => {})
    else if (step.op === 'leave') {
      const page = pages.get(step.client)
      if (page?.connection?.ended === false) {
        await leave(page)
        connect(page)
      }
    } else await wait(step.ms)
  }
  // Every reader wants one of these two. A gap may hide them, so they are repeated.
  const isDone = () =>
    published.at(-1)?.type === 'last' && [...pages.values()].every((page) => hasLast(page, published))
  for (let round = 0; round < 1_000 && !isDone(); round++) {
    if (round % 100 === 0) {
      publish({ type: 'last', key: undefined, topics: undefined, forget: false }, 10)
      publish({ type: 'last', key: undefined, topics: ['a', 'b', 'b/c'], forget: false }, 10)
    }
    for (const { connection } of pages.values()) connection?.take().catch(() => {})
    await wait(5)
  }
  expect(isDone()).toBe(true)
  for (const page of pages.values()) checkPage(page, published, maxSize, isRemote)
  const closed = channel.close()
  for (const { connection } of pages.values()) await connection?.disconnect()
  await closed
}

async function leave(page: Page): Promise<void> {
  await page.connection?.disconnect()
  page.reconnecting()
}

function hasLast({ settings, messages }: Page, published: readonly Published[]): boolean {
  const { n } = published.filter((event) => wanted(settings, event)).at(-1)!
  return messages.some(({ type, data }) => type === 'last' && JSON.parse(data).n === n)
}

function wanted({ topics, filtered }: Settings, event: Published): boolean {
  return READS[topics]!(event.topics) && (!filtered || event.odd || event.type === 'last')
}

const sequenceOf = (id: string): number => Number.parseInt(id.split('.')[1]!, 36)

/** The rules, over everything that one client received. */
function checkPage(
  { settings, messages, writes }: Page,
  published: readonly Published[],
  maxSize: number,
  isRemote: boolean,
): void {
  const { from, every, filtered } = settings
  const wants = published.filter((event) => wanted(settings, event))
  const byPosition = new Map(published.map((event) => [event.n, event]))
  const received = new Set<number>()
  /** Ranges in which keyless entries may be missing, and ranges in which all may be. */
  const stateUpTo: [number, number][] = []
  const lost: [number, number][] = []
  let position = from === 'now' ? undefined : 0
  let begins = from === 'latest' ? 0 : undefined
  for (const { type, data, id } of messages) {
    if (type === 'sse:gap') {
      begins = from === 'latest' ? (position ?? 0) : undefined
      if (from !== 'latest') lost.push([position ?? 0, sequenceOf(id)])
      position = from === 'latest' ? 0 : sequenceOf(id)
    } else if (type === 'sse:cursor') {
      if (position === undefined) lost.push([0, sequenceOf(id)])
      if (begins !== undefined) stateUpTo.push([begins, sequenceOf(id)])
      begins = undefined
      expect(sequenceOf(id)).toBeGreaterThanOrEqual(position ?? 0)
      position = sequenceOf(id)
    } else {
      const { n } = JSON.parse(data)
      expect(sequenceOf(id)).toBe(n)
      expect(n, 'order').toBeGreaterThan(position ?? 0)
      expect(wants).toContain(byPosition.get(n))
      received.add(n)
      position = n
    }
  }
  const reported = messages.some(({ type }) => type === 'sse:gap')
  const newest = new Map(wants.map((event) => [`${event.type} ${event.key}`, event.n]))
  for (const event of wants) {
    const { n, key, type, forget } = event
    if (received.has(n)) continue
    const isSuperseded = key !== undefined && newest.get(`${type} ${key}`)! > n
    const isLost = lost.some(([after, upTo]) => n > after && n <= upTo)
    const isHistory = stateUpTo.some(([after, upTo]) => n > after && n <= upTo) && (key === undefined || forget)
    expect(
      isSuperseded || isLost || isHistory || ((filtered || isRemote) && reported),
      `${type} ${key} ${n} is missing`,
    ).toBe(true)
  }
  if (every === undefined || maxSize > 1_000) return
  for (const [index, at] of writes.entries()) {
    if (index > 0) expect(at - writes[index - 1]!).toBeGreaterThanOrEqual(every)
  }
}
