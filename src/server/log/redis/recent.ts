import type { LogEntry } from '../event-log.ts'
import { Latest } from '../latest.ts'

/** What an entry takes beside its text: the object, its frame's header, its place. About. */
const OVERHEAD = 256

interface Kept {
  readonly entry: LogEntry
  readonly bytes: number
  readonly at: number
}

interface RecentPart {
  readonly entries: readonly LogEntry[]
  /** Where to read on. */
  readonly next: number
}

/** The newest entries, with the very objects that were handed out, bounded in number and size. */
export class Recent {
  readonly #maxEvents: number
  readonly #maxBytes: number
  #latest = new Latest()
  #kept: Kept[] = []
  /** The entries from here on are kept; those before it are gone and wait to be cut off. */
  #first = 0
  #bytes = 0
  #newest = 0

  constructor(maxEvents: number, maxBytes: number) {
    this.#maxEvents = maxEvents
    this.#maxBytes = maxBytes
  }

  get newest(): number {
    return this.#newest
  }

  /** The position before the oldest entry that is kept. */
  get oldest(): number {
    return this.#newest - (this.#kept.length - this.#first)
  }

  /** Forgets everything and goes on behind a position. */
  restart(newest: number): void {
    this.#kept = []
    this.#latest = new Latest()
    this.#first = 0
    this.#bytes = 0
    this.#newest = newest
  }

  /** Adds the entry of the next position. */
  add(entry: LogEntry, at: number): void {
    // Text and frame: two bytes for a unit of text at most, and about as much for its bytes on the wire.
    const bytes = entry.data.length * 2 + OVERHEAD
    this.#kept.push({ entry, bytes, at })
    this.#bytes += bytes
    this.#newest++
    this.#latest.add(entry, this.#newest)
    while (this.#kept.length - this.#first > this.#maxEvents || this.#bytes > this.#maxBytes) {
      this.#bytes -= this.#kept[this.#first]!.bytes
      this.#latest.remove(this.#kept[this.#first]!.entry, this.oldest + 1)
      this.#first++
    }
    if (this.#first > 1024 && this.#first * 2 > this.#kept.length) {
      this.#kept = this.#kept.slice(this.#first)
      this.#first = 0
    }
  }

  /** The entries after a position, as far as it is kept and the first of them is not older than that; else `undefined`. */
  after(position: number, limit: number, since: number, latest: boolean): RecentPart | undefined {
    if (position < this.oldest || position > this.#newest) return undefined
    const from = this.#first + position - this.oldest
    const first = this.#kept[from]
    if (first !== undefined && first.at < since) return undefined
    const entries: LogEntry[] = []
    let next = position
    for (let index = from; index < this.#kept.length && entries.length < limit; index++) {
      const { entry } = this.#kept[index]!
      next++
      if (!latest || this.#latest.has(entry, next)) entries.push(entry)
    }
    return { entries, next }
  }
}
