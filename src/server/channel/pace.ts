import type { Cursor, LogEntry } from '../log/event-log.ts'
import { subjectOf } from '../log/latest.ts'
import type { HeadWaiter } from '../log/live-log.ts'
import { sizeOf } from './values.ts'

/** The most bytes in memory that a group holds back; beyond it, the readers catch up from the log. */
const MAX_HELD = 8_388_608

/** A reader that can read from the log what is held back. */
interface PacedReader {
  lose(head?: Cursor): void
}

/** The readers that write together. */
export interface PacedReaders {
  /** The number of readers, live or behind. */
  readonly size: number
  /** The readers at the head. */
  readonly live: Iterable<PacedReader>
  /** Writes once to each reader at the head. */
  write(batch: readonly LogEntry[], before: Cursor): void
}

/** The clock of a group that writes to its readers at most once each interval, to all at the same time, so that they share bytes. */
export class Pace {
  /** The position before the entries that are held back. */
  before: Cursor | undefined
  #every: number
  readonly #group: PacedReaders
  /** The entries held back, in order, without superseded ones. */
  #held = new Map<string, LogEntry>()
  #size = 0
  /** Readers that are behind and continue to read after the interval. */
  readonly #waiting = new Set<HeadWaiter>()
  #wroteAt = -Infinity
  #timer: ReturnType<typeof setTimeout> | undefined
  #isWriting = false

  constructor(every: number, group: PacedReaders) {
    this.#every = every
    this.#group = group
  }

  /** Takes live entries; `before` is the position before them. A group that was idle writes at once. */
  hold(entries: readonly LogEntry[], before: Cursor): void {
    this.before ??= before
    for (const entry of entries) this.#add(entry)
    this.#writeOrWait()
  }

  /** The time of a write: one for all readers that write together. */
  get now(): number {
    return this.#isWriting ? this.#wroteAt : performance.now()
  }

  /** Whether a reader that wrote at this time may write again. */
  isDue(wroteAt: number = -Infinity): boolean {
    return this.now - wroteAt >= this.#every
  }

  /** Resumes a reader at the next write of the group. */
  wait(reader: HeadWaiter): void {
    this.#waiting.add(reader)
    this.#arm()
  }

  leave(reader: HeadWaiter): void {
    this.#waiting.delete(reader)
    if (this.#group.size > 1) return
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /** Writes the entries held back, because no others follow: to all readers, or to one that leaves before the others. */
  flush(leaving?: PacedReader): void {
    const every = this.#every
    // Meanwhile every reader may write.
    this.#every = 0
    if (leaving) leaving.lose()
    else this.#write()
    this.#every = every
  }

  #add(entry: LogEntry): void {
    if (this.#size > MAX_HELD) return
    const id = entry.key === undefined ? entry.cursor : subjectOf(entry)
    this.#size += sizeOf(entry) - sizeOf(this.#held.get(id))
    this.#held.delete(id)
    this.#held.set(id, entry)
    if (this.#size > MAX_HELD) this.#held.clear()
  }

  #arm(): void {
    this.#timer ??= setTimeout(
      () => {
        this.#timer = undefined
        this.#writeOrWait()
      },
      Math.max(1, Math.ceil(this.#wroteAt + this.#every - performance.now())),
    )
  }

  /** A timer may fire a little early. */
  #writeOrWait(): void {
    if (this.isDue(this.#wroteAt)) this.#write()
    else this.#arm()
  }

  #write(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#wroteAt = performance.now()
    this.#isWriting = true
    const { before } = this
    const held = [...this.#held.values()]
    this.#held.clear()
    this.#size = 0
    this.before = undefined
    if (before !== undefined) {
      if (held.length > 0) this.#group.write(held, before)
      else for (const reader of this.#group.live) reader.lose(before)
    }
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const reader of waiting) reader.resume()
    this.#isWriting = false
  }
}
