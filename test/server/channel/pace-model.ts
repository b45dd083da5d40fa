import * as fc from 'fast-check'
import { expect } from 'vitest'
import { type Channel, createChannel, type EventLog, type ReaderOptions } from '../../../src/server/index.ts'
import * as internals from '../../../src/server/stream/internal.ts'
import { requestAfter } from './channel-client.ts'
import { type Item, WireClient } from './wire-client.ts'

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
  /** The payload of a snapshot: how many events were published before it. */
  state: { n: number }
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
  readonly maxLag: number | undefined
  readonly filtered: boolean
  readonly snapshot: boolean
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
/** The options of readers, by name. */
const READS: Record<string, readonly string[] | undefined> = {
  none: undefined,
  a: ['a'],
  'b/*': ['b/*'],
  'a and b/*': ['a', 'b/*'],
  '**': ['**'],
}
const MATCHES: Record<string, (topic: string) => boolean> = {
  a: (topic) => topic === 'a',
  'b/*': (topic) => topic === 'b/c',
  '**': () => true,
}

const client = fc.nat(2)
const settings = fc.record({
  topics: fc.constantFrom(...Object.keys(READS)),
  from: fc.constantFrom('now' as const, 'start' as const, 'latest' as const, 'latest' as const),
  every: fc.constantFrom(undefined, undefined, 1, 20, 250),
  maxLag: fc.constantFrom(undefined, undefined, 40, 500),
  filtered: fc.constantFrom(false, false, true),
  snapshot: fc.constantFrom(false, false, true),
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
  {
    weight: 1,
    arbitrary: fc.record({ op: fc.constant('rewind' as const), client, part: fc.double({ max: 1, min: 0 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant('confirm' as const),
      client,
      cursor: fc.constantFrom('own', 'own', '', '7', 'other.1', 'other client'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('restart' as const) }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('wait' as const), ms: fc.constantFrom(0, 5, 20, 250) }) },
)

export type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never

/** A channel with one form of control information, and what happens to it. */
export interface Scene {
  readonly controls: 'events' | 'comments'
  readonly steps: readonly Step[]
}
export const scenes: fc.Arbitrary<Scene> = fc.record({
  controls: fc.constantFrom('events' as const, 'comments' as const),
  steps: fc.array(step, { maxLength: 50 }),
})

/** How many scenes a property plays: `PACE_RUNS=20` plays twenty times as many. */
export function runs(count: number): { numRuns: number } {
  return { numRuns: count * Number(process.env.PACE_RUNS ?? 1) }
}

/** One client over all of its connections. */
class Page {
  readonly settings: Settings
  readonly name: string
  writes: number[] = []
  connection: WireClient | undefined
  /** Received before its present connection. */
  #before: Item[] = []

  constructor(settings: Settings, name: string) {
    this.settings = settings
    this.name = name
  }

  get items(): readonly Item[] {
    return [...this.#before, ...(this.connection?.items ?? [])]
  }

  get cursor(): string {
    return this.items.filter(({ id, type }) => id !== '' && type !== 'resumed').at(-1)?.id ?? ''
  }

  /** Leaves. A client that has no position yet begins anew; one that goes back has received no more than a part. */
  async leave(part = 1): Promise<void> {
    await this.connection?.disconnect()
    const items = this.items.slice(0, Math.ceil(this.items.length * part))
    while (items.length > 0 && (items.at(-1)!.id === '' || items.at(-1)!.type === 'resumed')) items.pop()
    this.#before = items
    this.connection = undefined
    if (items.length > 0) items.push({ type: 'resumed', data: '', id: this.cursor, topics: [] })
  }
}

export interface World {
  /** Opens the log: once, and again for each restart. */
  open(): EventLog
  /** Lets time pass, and everything happen that is due. */
  wait(ms: number): Promise<void>
  /** Bytes of a payload that are kept: with small ones each write is whole. */
  readonly maxSize: number
  /** Whether the log keeps the values of keys when it trims them, so that a restart loses none. */
  readonly keepsValues?: boolean
}

/** A channel with its clients, over all of its lives. */
class Play {
  readonly pages = new Map<number, Page>()
  readonly published: Published[] = []
  readonly #controls: Scene['controls']
  readonly #world: World
  #log: EventLog
  #channel: Channel<Events>
  hasRestarted = false
  /** The last publication: appends are in order. */
  #pending: Promise<unknown> | undefined

  constructor(controls: Scene['controls'], world: World) {
    this.#controls = controls
    this.#world = world
    this.#log = world.open()
    this.#channel = this.#open()
  }

  #open(): Channel<Events> {
    return createChannel<Events>({ log: this.#log, stream: { heartbeat: false, controls: this.#controls } })
  }

  publish(event: Omit<Published, 'n' | 'odd'>, size: number): void {
    const n = this.published.length + 1
    const odd = n % 2 === 1
    this.published.push({ ...event, n, odd })
    const { type, key, topics, forget } = event
    const pad = 'x'.repeat(Math.min(size, this.#world.maxSize))
    this.#pending = this.#channel.publish(type, { n, odd, pad }, { key, topics, forget })
  }

  connect(page: Page): void {
    const { topics, from, every, maxLag, filtered, snapshot } = page.settings
    const options: ReaderOptions<Events> = {
      from,
      every,
      ...(maxLag !== undefined && { maxLag, client: page.name }),
      ...(READS[topics] !== undefined && { topics: READS[topics] }),
      ...(filtered && { filter: ({ type, data }) => type === 'last' || ('odd' in data && data.odd) }),
      ...(snapshot && { snapshot: (stream) => void stream.send('state', { n: this.published.length }) }),
    }
    page.connection = new WireClient(this.#channel.response(requestAfter(page.cursor), options))
    page.writes = writesOf.get([...this.#channel].at(-1)!) ?? []
    writesOf.set([...this.#channel].at(-1)!, page.writes)
  }

  async join(index: number, settings: Settings): Promise<void> {
    const page = this.pages.get(index) ?? new Page(settings, `page ${index}`)
    await page.leave()
    this.pages.set(index, page)
    this.connect(page)
  }

  async reconnect(page: Page | undefined, part?: number): Promise<void> {
    if (page?.connection?.ended !== false) return
    await page.leave(part)
    this.connect(page)
  }

  confirm(page: Page | undefined, cursor: string): void {
    if (page === undefined) return
    const headers = { 'Last-Event-ID': cursor === 'own' ? page.cursor : cursor === 'other client' ? 'x.1' : cursor }
    const name = cursor === 'other client' ? 'page 7' : page.name
    const url = `http://127.0.0.1/?client=${encodeURIComponent(name)}`
    this.#channel.acknowledge(new Request(url, { method: 'POST', headers }))
  }

  /** Another process takes the place of this one, on the same log. */
  async restart(): Promise<void> {
    this.hasRestarted ||= this.published.length > 0
    await this.#pending
    await this.close()
    this.#log = this.#world.open()
    this.#channel = this.#open()
    for (const page of this.pages.values()) this.connect(page)
  }

  async close(): Promise<void> {
    for (const page of this.pages.values()) await page.leave()
    await this.#channel.close()
  }

  /** Lets every client catch up. Each reader wants one of these two events; a gap may hide them, so they are repeated. */
  async settle(): Promise<void> {
    const isDone = () =>
      this.published.at(-1)?.type === 'last' && [...this.pages.values()].every((page) => hasLast(page, this.published))
    for (let round = 0; round < 1_000 && !isDone(); round++) {
      if (round % 100 === 0) {
        this.publish({ type: 'last', key: undefined, topics: undefined, forget: false }, 10)
        this.publish({ type: 'last', key: undefined, topics: ['a', 'b', 'b/c'], forget: false }, 10)
      }
      for (const page of this.pages.values()) {
        page.connection?.take().catch(() => {})
        this.confirm(page, 'own')
      }
      await this.#world.wait(5)
    }
    expect(isDone()).toBe(true)
  }
}

/** Plays the steps, then lets every client catch up, and holds what each received against the rules. */
export async function play({ controls, steps }: Scene, world: World): Promise<void> {
  const scene = new Play(controls, world)
  const page = ({ client }: { client: number }) => scene.pages.get(client)
  for (const step of steps) {
    if (step.op === 'publish') {
      const { count, type, key, forget, size } = step
      const event = { type, key, topics: TOPICS[step.topics], forget: forget && key !== undefined }
      for (let index = 0; index < count; index++) scene.publish(event, size)
    } else if (step.op === 'join') await scene.join(step.client, step.settings)
    else if (step.op === 'take')
      page(step)
        ?.connection?.take()
        .catch(() => {})
    else if (step.op === 'leave') await scene.reconnect(page(step))
    else if (step.op === 'rewind') await scene.reconnect(page(step), step.part)
    else if (step.op === 'confirm') scene.confirm(page(step), step.cursor)
    else if (step.op === 'restart') await scene.restart()
    else await world.wait(step.ms)
  }
  await scene.settle()
  const mayLose = (settings: Settings) => settings.filtered || (scene.hasRestarted && world.keepsValues !== true)
  for (const each of scene.pages.values()) checkPage(each, scene.published, world.maxSize, mayLose(each.settings))
  await scene.close()
}

function hasLast({ settings, items }: Page, published: readonly Published[]): boolean {
  const { n } = published.filter((event) => wanted(settings, event)).at(-1)!
  return items.some(({ type, data }) => type === 'last' && JSON.parse(data).n === n)
}

function wanted({ topics, filtered }: Settings, event: Published): boolean {
  const asked = READS[topics]
  const matches = asked === undefined ? event.topics === undefined : asked.some((name) => shows(name, event))
  return matches && (!filtered || event.odd || event.type === 'last')
}

function shows(name: string, { topics }: Published): boolean {
  return name === '**' || (topics?.some((topic) => MATCHES[name]!(topic)) ?? false)
}

const sequenceOf = (id: string): number => Number.parseInt(id.split('.')[1]!, 36)

type Range = readonly [after: number, upTo: number]

/** The events that one client received, as ranges of positions. */
interface Account {
  readonly received: ReadonlySet<number>
  /** Where entries without a key, and forgotten keys, are not sent: before the state that a client begins with. */
  readonly history: readonly Range[]
  /** Where nothing is promised: behind a gap, before a client, or in a snapshot. */
  readonly lost: readonly Range[]
}

/** Reads what one client received in order, and checks positions, payloads and topics on the way. */
function accountOf({ settings, items }: Page, published: readonly Published[]): Account {
  const { from, topics, snapshot } = settings
  const byPosition = new Map(published.map((event) => [event.n, event]))
  const received = new Set<number>()
  const history: Range[] = []
  const lost: Range[] = []
  const latest = from === 'latest'
  let position = from === 'now' ? undefined : 0
  let begins = latest ? 0 : undefined
  let state: number | undefined
  for (const { type, data, id, topics: shown } of items) {
    if (type === 'sse:gap') {
      begins = latest ? (position ?? 0) : undefined
      // With a snapshot the position follows it.
      if (!latest && !snapshot) lost.push([position ?? 0, sequenceOf(id)])
      if (latest) position = 0
      else if (!snapshot) position = sequenceOf(id)
      else {
        lost.push([position ?? 0, published.length])
        position = undefined
      }
    } else if (type === 'state') state = JSON.parse(data).n
    else if (type === 'sse:cursor' || type === 'resumed') {
      const at = sequenceOf(id)
      if (position === undefined) lost.push([0, at])
      if (begins !== undefined) history.push([begins, at])
      begins = undefined
      // In comments, `start` sends no position of its own.
      if (state !== undefined && from !== 'start')
        expect(state, 'a snapshot is as new as the position behind it').toBeGreaterThanOrEqual(at)
      state = undefined
      expect(at, 'positions').toBeGreaterThanOrEqual(position ?? 0)
      position = at
    } else {
      const { n } = JSON.parse(data)
      const event = byPosition.get(n)!
      expect(sequenceOf(id), 'id').toBe(n)
      expect(n, 'order').toBeGreaterThan(position ?? 0)
      expect(wanted(settings, event), `${n} is wanted`).toBe(true)
      const several = topics === 'a and b/*' || topics.includes('*')
      const allowed = several
        ? (event.topics ?? []).filter((topic) => READS[topics]!.some((name) => MATCHES[name]!(topic)))
        : []
      expect(shown, 'topics').toEqual(allowed)
      received.add(n)
      position = n
    }
  }
  return { received, history, lost }
}

/** The rules, over everything that one client received. */
function checkPage(page: Page, published: readonly Published[], maxSize: number, mayLose: boolean): void {
  const { settings, items, writes } = page
  const { received, history, lost } = accountOf(page, published)
  const wants = published.filter((event) => wanted(settings, event))
  const reported = items.some(({ type }) => type === 'sse:gap')
  const newest = new Map(wants.map((event) => [`${event.type} ${event.key}`, event.n]))
  const isIn = (n: number, ranges: readonly Range[]) => ranges.some(([after, upTo]) => n > after && n <= upTo)
  for (const { n, key, type, forget } of wants) {
    if (received.has(n)) continue
    const isSuperseded = key !== undefined && newest.get(`${type} ${key}`)! > n
    const isHistory = isIn(n, history) && (key === undefined || forget)
    const isKnown = isSuperseded || isHistory || isIn(n, lost) || (mayLose && reported)
    expect(isKnown, `${type} ${key} ${n} is missing`).toBe(true)
  }
  const { every } = settings
  if (every === undefined || maxSize > 1_000) return
  for (const [index, at] of writes.entries()) {
    if (index > 0) expect(at - writes[index - 1]!, 'interval').toBeGreaterThanOrEqual(every)
  }
}
