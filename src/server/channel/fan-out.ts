import { joinBytes, toBytes } from '../../shared/wire/bytes.ts'
import { type Controls, topicLines } from '../../shared/wire/encode.ts'
import { type Cursor, frameOf, joinFrames, type LogEntry } from '../log/event-log.ts'
import type { Compression, SharedWrites } from '../stream/compression.ts'
import { newSharedWrites } from '../stream/internal.ts'
import { Pace } from './pace.ts'
import type { Reader } from './reader.ts'
import { isSeveral, TopicIndex } from './topics.ts'

/** Topic lines that a group keeps, by the topics of an event. */
const MOST_LINES = 128

/** The readers with the same topics and pace: what they receive is found and joined once for all of them. */
export class Group {
  readonly key: string
  readonly topics: readonly string[] | undefined
  /** The readers at the head. */
  readonly live: Set<Reader> = new Set()
  /** How many readers it has, live or behind. */
  size = 0
  /** The entries of the current batch that its readers receive. */
  batch: LogEntry[] = []
  /** The clock of readers with `every`. */
  readonly pace: Pace | undefined
  readonly #index: TopicIndex<Group>
  /** The lines before the frames of its events, by their topics, where its readers ask for several topics. */
  readonly #lines: Map<string, Uint8Array> | undefined

  readonly #controls: Controls
  /** What its readers receive alike, where it is compressed. */
  readonly #shared: SharedWrites | undefined

  constructor(
    key: string,
    topics: readonly string[] | undefined,
    index: TopicIndex<Group>,
    controls: Controls,
    every: number | undefined,
    compress: Compression | undefined,
  ) {
    this.#shared = compress?.[newSharedWrites]()
    this.key = key
    this.topics = topics
    this.pace = every === undefined ? undefined : new Pace(every, this)
    this.#index = index
    this.#controls = controls
    if (isSeveral(topics)) this.#lines = new Map()
  }

  /**
   * Whether its readers receive an entry, by the very test that finds the group when the entry is live; where they do, the bytes
   * to write before its frame, if there are any.
   */
  readonly wants = ({ topics }: Pick<LogEntry, 'topics'>): boolean | Uint8Array => {
    if (!this.#matches(topics)) return false
    return this.#lines === undefined || topics === undefined || this.#linesFor(topics)
  }

  /** The bytes of entries that its readers receive. */
  join(entries: readonly LogEntry[]): Uint8Array {
    if (this.#lines === undefined) return joinFrames(entries)
    return joinBytes(
      entries.flatMap((entry) => (entry.topics ? [this.#linesFor(entry.topics), frameOf(entry)] : frameOf(entry))),
    )
  }

  #matches(topics: readonly string[] | undefined): boolean {
    return this.#index.find(topics).some((groups) => groups.has(this))
  }

  /** A topic that no reader of the group has asked for is left out: its name may disclose what they must not know. */
  #linesFor(topics: readonly string[]): Uint8Array {
    const known = this.#lines!
    const key = JSON.stringify(topics)
    let lines = known.get(key)
    if (lines === undefined) {
      // A name that would forge a field can stand in a custom log only.
      const asked = topics.filter((topic) => !/[\r\n\0]/.test(topic) && this.#matches([topic]))
      lines = toBytes(topicLines([...new Set(asked)], this.#controls))
      if (known.size === MOST_LINES) known.clear()
      known.set(key, lines)
    }
    return lines
  }

  /** Writes the current batch, or holds it back. @returns whether each reader was sent everything. */
  deliver(before: Cursor): boolean {
    const { batch } = this
    this.batch = []
    if (this.pace === undefined) return this.write(batch, before)
    this.pace.hold(batch, before)
    return false
  }

  /** One write for each reader, the same bytes for all that have no filter. @returns whether each was sent everything. */
  write(batch: readonly LogEntry[], before: Cursor): boolean {
    const last = batch.at(-1)!.cursor
    let joined: Uint8Array | undefined
    let complete = true
    for (const reader of this.live) {
      if (reader.filtered) {
        complete = false
        reader.receiveFiltered(batch, before)
      } else {
        joined ??= this.#begin(batch)
        reader.receive(joined, batch.length, last, before)
      }
    }
    if (joined !== undefined) this.#shared?.done()
    return complete
  }

  #begin(batch: readonly LogEntry[]): Uint8Array {
    const bytes = this.join(batch)
    return this.#shared === undefined ? bytes : this.#shared.begin(bytes)
  }
}

/** All groups of a channel, found by what is published. */
export class FanOut {
  readonly #groups = new Map<string, Group>()
  readonly #index = new TopicIndex<Group>()
  readonly #compress: Compression | undefined

  constructor(compress: Compression | undefined) {
    this.#compress = compress
  }

  /** The group of these topics and this pace, which a reader joins once it is attached to its stream. Lines that name topics have two forms. */
  group(topics: readonly string[] | undefined, controls: Controls, every: number | undefined): Group {
    const names = topics && [...new Set(topics)].sort()
    const key = `${every ?? ''} ${names ? JSON.stringify(isSeveral(names) ? [controls, ...names] : names) : ''}`
    return this.#groups.get(key) ?? new Group(key, topics, this.#index, controls, every, this.#compress)
  }

  join(group: Group): void {
    if (group.size++ > 0) return
    this.#groups.set(group.key, group)
    this.#index.add(group.topics, group)
  }

  leave(group: Group): void {
    if (--group.size > 0) return
    this.#groups.delete(group.key)
    this.#index.remove(group.topics, group)
  }

  /**
   * Gives entries to the live readers that want them; `before` is the position before the first.
   *
   * @returns whether every reader was sent everything.
   */
  deliver(entries: readonly LogEntry[], before: Cursor): boolean {
    let complete = true
    const found = new Set<Group>()
    for (const entry of entries) {
      const groups = this.#index.match(entry.topics)
      complete &&= groups.size === this.#groups.size
      for (const group of groups) {
        if (group.live.size === 0) continue
        group.batch.push(entry)
        found.add(group)
      }
    }
    for (const group of found) complete = group.deliver(before) && complete
    return complete
  }

  /** Calls back for each reader at the head. */
  eachLive(call: (reader: Reader) => void): void {
    for (const group of this.#groups.values()) for (const reader of group.live) call(reader)
  }
}
