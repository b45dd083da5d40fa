import { joinBytes, toBytes } from '../../shared/wire/bytes.ts'
import { type Controls, topicLines } from '../../shared/wire/encode.ts'
import type { Cursor, LogEntry } from '../log/event-log.ts'
import { frameOf, joinFrames } from '../log/frames.ts'
import type { Compression, SharedWrites } from '../stream/compression.ts'
import { newSharedWrites } from '../stream/internal.ts'
import type { Stream } from '../stream/stream.ts'
import { Pace, type PacedReaders } from './pace.ts'
import { isSeveral, TopicIndex } from './topics.ts'
import type { ReaderOptions } from './types.ts'

/** The number of topic lines that a group caches, by the topics of an event. */
const MOST_LINES = 128

/** A reader at the head of its log. */
export interface LiveReader {
  readonly stream: Stream
  readonly options: ReaderOptions<any>
  /** Takes live entries, joined for all readers of the group; `before` is the position before them. */
  receive(bytes: Uint8Array, count: number, last: Cursor, before: Cursor): void
  /** Takes live entries for a reader with a filter. */
  receiveFiltered(entries: readonly LogEntry[], before: Cursor): void
  /** Entries after `head` may have been missed: reads them from the log. */
  lose(head: Cursor | undefined): void
  /** Sends the position when that of the client is older than this. */
  remind(oldest: number): void
}

/** The readers with the same topics and pace. Their events are found and joined once for all of them. */
export class Group implements PacedReaders {
  readonly key: string
  readonly topics: readonly string[] | undefined
  /** The readers at the head. */
  readonly live: Set<LiveReader> = new Set()
  /** The number of readers, live or behind. */
  size = 0
  /** The entries of the current batch that the readers receive. */
  batch: LogEntry[] = []
  /** The clock of readers with `every`. */
  readonly pace: Pace | undefined
  readonly #index: TopicIndex<Group>
  /** The topic lines before the frames of events, by their topics, if the readers asked for several topics. */
  readonly #lines: Map<string, Uint8Array> | undefined

  readonly #controls: Controls
  /** The shared writes of the readers, if their streams are compressed. */
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
   * Whether the readers receive an entry; if so, the bytes to write before its frame, if any. The test is the same that finds the
   * group for live entries.
   */
  readonly wants = ({ topics }: Pick<LogEntry, 'topics'>): boolean | Uint8Array => {
    if (!this.#matches(topics)) return false
    return this.#lines === undefined || topics === undefined || this.#linesFor(topics)
  }

  /** Joins the bytes of entries for the readers. */
  join(entries: readonly LogEntry[]): Uint8Array {
    if (this.#lines === undefined) return joinFrames(entries)
    return joinBytes(
      entries.flatMap((entry) => (entry.topics ? [this.#linesFor(entry.topics), frameOf(entry)] : frameOf(entry))),
    )
  }

  #matches(topics: readonly string[] | undefined): boolean {
    return this.#index.find(topics).some((groups) => groups.has(this))
  }

  /** Encodes the topics that the readers of the group asked for. The names of other topics may be confidential. */
  #linesFor(topics: readonly string[]): Uint8Array {
    const known = this.#lines!
    const key = JSON.stringify(topics)
    let lines = known.get(key)
    if (lines === undefined) {
      // Only a custom log can return a name with a line break, which would forge a field.
      const asked = topics.filter((topic) => !/[\r\n\0]/.test(topic) && this.#matches([topic]))
      lines = toBytes(topicLines([...new Set(asked)], this.#controls))
      if (known.size === MOST_LINES) known.clear()
      known.set(key, lines)
    }
    return lines
  }

  /** Writes once to each reader, the same bytes to all without a filter. @returns whether each was sent everything. */
  write(batch: readonly LogEntry[], before: Cursor): boolean {
    const last = batch.at(-1)!.cursor
    let joined: Uint8Array | undefined
    let complete = true
    for (const reader of this.live) {
      if (reader.options.filter) {
        complete = false
        reader.receiveFiltered(batch, before)
      } else {
        if (joined === undefined) {
          const bytes = this.join(batch)
          joined = this.#shared?.begin(bytes) ?? bytes
        }
        reader.receive(joined, batch.length, last, before)
      }
    }
    if (joined !== undefined) this.#shared?.done()
    return complete
  }
}

/** All groups of a channel, with an index by topic. */
export class FanOut {
  readonly #groups = new Map<string, Group>()
  readonly #index = new TopicIndex<Group>()
  readonly #compress: Compression | undefined

  constructor(compress: Compression | undefined) {
    this.#compress = compress
  }

  /** The group of these topics, this form of topic lines and this pace. A reader joins it once it is attached to its stream. */
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
   * Sends entries to the live readers whose topics match; `before` is the position before the first entry.
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
    for (const group of found) {
      const { batch } = group
      group.batch = []
      // A group with a pace may hold entries back.
      if (group.pace) group.pace.hold(batch, before)
      complete = !group.pace && group.write(batch, before) && complete
    }
    return complete
  }

  /** Calls back for each reader at the head. */
  eachLive(call: (reader: LiveReader) => void): void {
    for (const group of this.#groups.values()) for (const reader of group.live) call(reader)
  }
}
