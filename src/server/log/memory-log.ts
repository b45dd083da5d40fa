import { invalidOption } from '../../shared/errors.ts'
import { callUser } from '../../shared/report.ts'
import { byteLength } from '../../shared/wire/bytes.ts'
import { END_EVENT } from '../../shared/wire/names.ts'
import { admit, tooLarge } from './admission.ts'
import type { AppendOptions, Cursor, EventLog, LogEntry, LogSize, NewEntry, Page, ReadOptions } from './event-log.ts'
import { type FramedLog, type Frames, frame, framesAfter, frameText, type Wants } from './frames.ts'
import { Latest } from './latest.ts'
import { type Part, pageAfter } from './page.ts'
import { fromCursor, newEpoch, toCursor } from './position.ts'
import { Segment } from './segment.ts'

const LARGEST_SEGMENT = 262_144
const SMALLEST_SEGMENT = 1_024

/** The bounds of a `memoryLog()`; the oldest entries go first when one is reached. */
export interface MemoryLogOptions {
  /**
   * The most entries to keep.
   * @default 65_536
   */
  readonly maxEvents?: number | undefined
  /**
   * The most bytes to hold: frames as they are on the wire, and their index. The oldest go in pieces of an eighth at most. A batch that
   * alone is larger is refused.
   * @default 16 MiB (16,777,216)
   */
  readonly maxBytes?: number | undefined
  /**
   * Milliseconds after which an entry is forgotten.
   * @default Infinity
   */
  readonly maxAge?: number | undefined
}

/**
 * A log in this process's memory, the default of a channel. It begins a new epoch with each start, so a client that
 * reconnects to another process receives a gap.
 *
 * @example
 * import { createChannel, memoryLog } from 'eventwire/server'
 * import { collectEvents } from 'eventwire/testing'
 *
 * const log = memoryLog({ maxEvents: 2, maxAge: 60_000 })
 * const channel = createChannel<{ message: string }>({ log })
 * for (const text of ['one', 'two', 'three']) await channel.publish('message', text)
 * const response = channel.response(new Request('http://localhost/events'), { from: 'start' })
 * const kept = await collectEvents<{ message: string }>(response, { count: 2 })
 * console.log(kept.map(({ data }) => data)) // -> [ 'two', 'three' ]
 *
 * @throws {EventwireError} `invalid-option` for a bound that is not a positive number.
 */
export function memoryLog(options: MemoryLogOptions = {}): EventLog {
  const { maxEvents = 65_536, maxBytes = 16 * 1024 * 1024, maxAge = Number.POSITIVE_INFINITY } = options
  for (const [name, bound] of Object.entries({ maxEvents, maxBytes, maxAge })) {
    if (!(bound > 0)) throw invalidOption(name, bound, 'give a positive number')
  }
  return new MemoryLog(maxEvents, maxBytes, maxAge)
}

/** Whether a log is gone with this process. */
export function isMemoryLog(log: EventLog): boolean {
  return log instanceof MemoryLog
}

interface Follower {
  readonly onEntries: (entries: readonly LogEntry[]) => void
}

class MemoryLog implements FramedLog {
  readonly #maxEvents: number
  readonly #maxBytes: number
  readonly #maxAge: number
  readonly #epoch = newEpoch()
  readonly #followers = new Set<Follower>()
  #segments: Segment[] = []
  /** The bytes that all segments but the newest hold. */
  #sealed = 0
  #latest = new Latest()
  /** The position before the oldest entry that is kept; the first segment may still hold older ones. */
  #oldest = 0
  #newest = 0
  #ended = false

  constructor(maxEvents: number, maxBytes: number, maxAge: number) {
    this.#maxEvents = maxEvents
    this.#maxBytes = maxBytes
    this.#maxAge = maxAge
  }

  append(entries: readonly NewEntry[], options: AppendOptions = {}): readonly Cursor[] {
    const purpose = 'append to a memory log'
    const head = toCursor(this.#epoch, this.#newest)
    if (entries.length === 0) return []
    if (!admit(purpose, entries, options, head, this.#ended)) return [head]
    const added: LogEntry[] = []
    // The text of every frame is made before anything is kept: one that cannot be made refuses the batch.
    const texts: string[] = []
    let units = 0
    for (const { type, data, topics, key, forget, traceparent } of entries) {
      const cursor = toCursor(this.#epoch, this.#newest + added.length + 1)
      const entry = { type, data, topics, key, forget, traceparent, cursor }
      const text = frameText(entry)
      added.push(entry)
      texts.push(text)
      units += text.length
    }
    // A UTF-16 unit is three bytes at most, so the bytes of a usual batch need not be counted.
    if (units * 3 > this.#maxBytes) this.#checkSize(purpose, texts)
    const now = Date.now()
    for (const [index, entry] of added.entries()) this.#keep(entry, texts[index]!, now)
    this.#ended = added.at(-1)!.type === END_EVENT
    this.#trim(now)
    for (const { onEntries } of this.#followers) callUser(onEntries, added)
    return added.map(({ cursor }) => cursor)
  }

  read(after: Cursor | undefined, limit: number, { latest = false }: ReadOptions = {}): Page {
    this.#trim(Date.now())
    const bounds = { epoch: this.#epoch, oldest: this.#oldest, newest: this.#newest }
    return pageAfter(bounds, after, latest, (position) => this.#entriesAfter(position, limit, latest))
  }

  [framesAfter](cursor: Cursor, size: number, wants: Wants): Frames | undefined {
    this.#trim(Date.now())
    const { epoch, sequence } = fromCursor(cursor)!
    if (epoch !== this.#epoch || sequence < this.#oldest || sequence >= this.#newest) return undefined
    const frames = this.#segmentAfter(sequence).framesAfter(sequence, size, wants)
    return frames && { ...frames, last: toCursor(epoch, frames.last), next: toCursor(epoch, frames.next) }
  }

  follow(onEntries: Follower['onEntries']): () => void {
    const follower = { onEntries }
    this.#followers.add(follower)
    return () => this.#followers.delete(follower)
  }

  size(): LogSize {
    this.#trim(Date.now())
    return { entries: this.#newest - this.#oldest, bytes: this.#sealed + (this.#segments.at(-1)?.held ?? 0) }
  }

  close(): void {
    this.#followers.clear()
    this.#segments = []
    this.#sealed = 0
    this.#latest = new Latest()
    this.#oldest = this.#newest
  }

  #checkSize(purpose: string, texts: readonly string[]): void {
    const size = texts.reduce((sum, text) => sum + byteLength(text), 0)
    if (size > this.#maxBytes) throw tooLarge(purpose, size, this.#maxBytes)
  }

  /** The frame is written straight into a segment; what readers receive live is a view of it. */
  #keep(entry: LogEntry & { [frame]?: Uint8Array }, text: string, now: number): void {
    entry[frame] = this.#segments.at(-1)?.add(entry, text, now) ?? this.#startSegment(text, now).add(entry, text, now)!
    this.#newest++
    this.#latest.add(entry, this.#newest)
  }

  /** A short log holds little. Each further segment is as large as all before it, within bounds. */
  #startSegment(text: string, now: number): Segment {
    this.#sealed += this.#segments.at(-1)?.held ?? 0
    const usual = Math.min(LARGEST_SEGMENT, this.#maxBytes / 8, Math.max(SMALLEST_SEGMENT, this.#sealed))
    const segment = new Segment(this.#epoch, this.#newest, Math.max(byteLength(text), Math.floor(usual)), now)
    this.#segments.push(segment)
    return segment
  }

  /** Moves the oldest position past what is too much or too old, and drops the segments before it. */
  #trim(now: number): void {
    const since = now - this.#maxAge
    this.#oldest = Math.max(this.#oldest, this.#newest - this.#maxEvents)
    for (let [first] = this.#segments; first !== undefined; [first] = this.#segments) {
      if (this.#maxAge < Infinity)
        while (this.#oldest < first.newest && first.timeAfter(this.#oldest) < since) this.#oldest++
      const last = this.#segments.at(-1)!
      if (first === last || (this.#oldest < first.newest && this.#sealed + last.held <= this.#maxBytes)) return
      this.#oldest = Math.max(this.#oldest, first.newest)
      this.#sealed -= first.held
      this.#latest.forget(first.kinds, first.newest)
      this.#segments.shift()
    }
  }

  #segmentAfter(position: number): Segment {
    let index = this.#segments.length - 1
    while (this.#segments[index]!.before > position) index--
    return this.#segments[index]!
  }

  #entriesAfter(position: number, limit: number, latest: boolean): Part {
    const entries: LogEntry[] = []
    let next = position
    while (next < this.#newest && entries.length < limit) {
      const segment = this.#segmentAfter(next)
      for (; next < segment.newest && entries.length < limit; next++) {
        const entry = segment.entryAfter(next)
        if (!latest || this.#latest.has(entry, next + 1)) entries.push(entry)
      }
    }
    return { entries, next }
  }
}
