import { invalidOption } from '../../shared/errors.ts'
import { guarded } from '../../shared/report.ts'
import { byteLength } from '../../shared/wire/bytes.ts'
import { END_EVENT } from '../../shared/wire/names.ts'
import {
  type Cursor,
  type EventLog,
  ended,
  fromCursor,
  type LogEntry,
  type LogGap,
  type NewEntry,
  newEpoch,
  type Page,
  toCursor,
} from './event-log.ts'

/**
 * The bounds of a `memoryLog()`; the oldest entries go first when one is reached.
 *
 * @example
 * import { type MemoryLogOptions, memoryLog } from 'eventwire/server'
 *
 * const lastTwo: MemoryLogOptions = { maxEvents: 2, maxBytes: 1_048_576, maxAge: 60_000 }
 * const log = memoryLog(lastTwo)
 * for (const data of ['"one"', '"two"', '"three"']) await log.append({ type: 'message', data })
 * const { oldest } = await log.read(undefined, 0)
 * console.log((await log.read(oldest, 100)).entries.map(({ data }) => data)) // -> [ '"two"', '"three"' ]
 */
export interface MemoryLogOptions {
  /**
   * The most entries to keep.
   * @default 65_536
   */
  readonly maxEvents?: number | undefined
  /**
   * The most bytes of payload and name to keep.
   * @default 16 MiB (16,777,216)
   */
  readonly maxBytes?: number | undefined
  /**
   * Milliseconds after which an entry is forgotten.
   * @default Infinity
   */
  readonly maxAge?: number | undefined
}

interface Kept {
  readonly entry: LogEntry
  readonly bytes: number
  readonly at: number
}

/**
 * A log in this process's memory: what a channel uses when it is given none. It begins a new epoch with each start, so a
 * client that comes back to another process is told of a gap.
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

type Follower = (entries: readonly LogEntry[]) => void

class MemoryLog implements EventLog {
  readonly #maxEvents: number
  readonly #maxBytes: number
  readonly #maxAge: number
  readonly #epoch = newEpoch()
  readonly #followers = new Set<Follower>()
  /** The entries from `#first` on are kept; those before it are gone and wait to be cut off. */
  #kept: (Kept | undefined)[] = []
  #first = 0
  #bytes = 0
  #newest = 0
  #ended = false

  constructor(maxEvents: number, maxBytes: number, maxAge: number) {
    this.#maxEvents = maxEvents
    this.#maxBytes = maxBytes
    this.#maxAge = maxAge
  }

  append({ type, data, topics }: NewEntry): Cursor {
    if (this.#ended) {
      if (type === END_EVENT) return toCursor(this.#epoch, this.#newest)
      throw ended('append to a memory log')
    }
    this.#ended = type === END_EVENT
    this.#newest++
    const cursor = toCursor(this.#epoch, this.#newest)
    const entry: LogEntry = { type, data, topics, cursor }
    const bytes = byteLength(type) + byteLength(data)
    this.#kept.push({ entry, bytes, at: Date.now() })
    this.#bytes += bytes
    this.#trim()
    for (const follower of this.#followers) follower([entry])
    return cursor
  }

  read(after: Cursor | undefined, limit: number): Page {
    this.#trim()
    if (after === undefined) return this.#page('ok', this.#newest)
    const position = fromCursor(after)
    if (position === undefined) return this.#gap('malformed')
    if (position.epoch !== this.#epoch) return this.#gap('epoch')
    if (position.sequence > this.#newest) return this.#gap('ahead')
    if (position.sequence < this.#oldest) return this.#gap('trimmed')
    const from = this.#first + position.sequence - this.#oldest
    const entries = this.#kept.slice(from, from + limit).map((kept) => kept!.entry)
    return this.#page('ok', position.sequence + entries.length, entries)
  }

  follow(onEntries: Follower): () => void {
    const follower: Follower = (entries) => guarded(() => onEntries(entries))
    this.#followers.add(follower)
    return () => this.#followers.delete(follower)
  }

  close(): void {
    this.#followers.clear()
    this.#kept = []
    this.#first = 0
    this.#bytes = 0
  }

  /** The position before the oldest entry that is kept. */
  get #oldest(): number {
    return this.#newest - (this.#kept.length - this.#first)
  }

  #trim(): void {
    const youngest = this.#maxAge === Number.POSITIVE_INFINITY ? 0 : Date.now() - this.#maxAge
    for (;;) {
      const oldest = this.#kept[this.#first]
      if (oldest === undefined) break
      const count = this.#kept.length - this.#first
      if (count <= this.#maxEvents && this.#bytes <= this.#maxBytes && oldest.at >= youngest) break
      this.#bytes -= oldest.bytes
      this.#kept[this.#first] = undefined
      this.#first++
    }
    if (this.#first > 1024 && this.#first * 2 > this.#kept.length) {
      this.#kept = this.#kept.slice(this.#first)
      this.#first = 0
    }
  }

  #gap(reason: LogGap): Page {
    return this.#page('gap', reason === 'trimmed' ? this.#oldest : this.#newest, [], reason)
  }

  #page(status: Page['status'], next: number, entries: readonly LogEntry[] = [], reason?: LogGap): Page {
    return {
      status,
      reason,
      entries,
      next: toCursor(this.#epoch, next),
      oldest: toCursor(this.#epoch, this.#oldest),
      newest: toCursor(this.#epoch, this.#newest),
    }
  }
}
