import type { LogEntry } from './event-log.ts'
import { Latest } from './latest.ts'
import type { Part } from './page.ts'

/** Entries that were dropped before the array is cut. */
const MAX_DROPPED = 1_024

/** About what an entry takes beside its text: the object, the header of its frame, its place. */
const OVERHEAD = 256

interface RingEntry {
  readonly entry: LogEntry
  readonly bytes: number
  readonly at: number
}

/** The newest entries of a log, bounded in number and bytes. The oldest entries are dropped first. */
export class EntryRing {
  newest = 0
  readonly #maxEvents: number
  readonly #maxBytes: number
  /** The entries before `#first` were dropped and wait for the array to be cut. */
  #entries: (RingEntry | undefined)[] = []
  #first = 0
  #bytes = 0
  #latest = new Latest()

  constructor(maxEvents: number, maxBytes: number) {
    this.#maxEvents = maxEvents
    this.#maxBytes = maxBytes
  }

  /** The position before the oldest entry. */
  get oldest(): number {
    return this.newest - (this.#entries.length - this.#first)
  }

  /** Adds the entry of the next position; drops the oldest that are over the bounds. */
  add(entry: LogEntry, at: number): void {
    const bytes = memoryOf(entry)
    this.#entries.push({ entry, bytes, at })
    this.#bytes += bytes
    this.newest++
    this.#latest.add(entry, this.newest)
    this.#trim()
  }

  #trim(): void {
    for (let oldest = this.#entries[this.#first]; oldest !== undefined; oldest = this.#entries[this.#first]) {
      if (this.#entries.length - this.#first <= this.#maxEvents && this.#bytes <= this.#maxBytes) break
      this.#bytes -= oldest.bytes
      this.#latest.remove(oldest.entry, this.oldest + 1)
      this.#entries[this.#first++] = undefined
    }
    if (this.#first <= MAX_DROPPED || this.#first * 2 <= this.#entries.length) return
    this.#entries = this.#entries.slice(this.#first)
    this.#first = 0
  }

  /** Drops everything and continues after a position. */
  restart(newest: number): void {
    this.newest = newest
    this.#entries = []
    this.#latest = new Latest()
    this.#first = this.#bytes = 0
  }

  /**
   * The entries after a position, without superseded ones when only the latest are asked for; `undefined` when the position is not
   * covered, or the first entry after it is older than `since`.
   */
  after(position: number, limit: number, latest: boolean, since: number = -Infinity): Part | undefined {
    if (position < this.oldest || position > this.newest) return undefined
    const from = this.#first + position - this.oldest
    if (this.#entries[from]! && this.#entries[from].at < since) return undefined
    const entries: LogEntry[] = []
    let next = position
    for (; next < this.newest && entries.length < limit; next++) {
      const { entry } = this.#entries[from + next - position]!
      if (!latest || this.#latest.has(entry, next + 1)) entries.push(entry)
    }
    return { entries, next }
  }
}

/** About the memory that an entry takes: two bytes for a unit of text at most, and as much for its bytes on the wire. */
function memoryOf({ data }: LogEntry): number {
  return data.length * 2 + OVERHEAD
}
