import { invalidOption } from '../../shared/errors.ts'
import { callUser } from '../../shared/report.ts'
import { byteLength } from '../../shared/wire/bytes.ts'
import { END_EVENT } from '../../shared/wire/names.ts'
import { EntryRing } from './entry-ring.ts'
import {
  type Cursor,
  type EventLog,
  ended,
  type LogEntry,
  type NewEntry,
  newEpoch,
  type Page,
  toCursor,
} from './event-log.ts'
import { pageAfter } from './page.ts'

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

interface Follower {
  readonly onEntries: (entries: readonly LogEntry[]) => void
}

class MemoryLog implements EventLog {
  readonly #maxAge: number
  readonly #epoch = newEpoch()
  readonly #followers = new Set<Follower>()
  readonly #ring: EntryRing
  #ended = false

  constructor(maxEvents: number, maxBytes: number, maxAge: number) {
    this.#maxAge = maxAge
    this.#ring = new EntryRing(maxEvents, maxBytes)
  }

  append({ type, data, topics }: NewEntry): Cursor {
    const ring = this.#ring
    if (this.#ended) {
      if (type === END_EVENT) return toCursor(this.#epoch, ring.newest)
      throw ended('append to a memory log')
    }
    this.#ended = type === END_EVENT
    const cursor = toCursor(this.#epoch, ring.newest + 1)
    const entry: LogEntry = { type, data, topics, cursor }
    const now = Date.now()
    ring.add(entry, byteLength(type) + byteLength(data), now, now - this.#maxAge)
    for (const follower of this.#followers) callUser(follower.onEntries, [entry])
    return cursor
  }

  read(after: Cursor | undefined, limit: number): Page {
    this.#ring.trim(Date.now() - this.#maxAge)
    const { oldest, newest } = this.#ring
    return pageAfter({ epoch: this.#epoch, oldest, newest }, after, (sequence) => this.#ring.after(sequence, limit)!)
  }

  follow(onEntries: Follower['onEntries']): () => void {
    const follower = { onEntries }
    this.#followers.add(follower)
    return () => this.#followers.delete(follower)
  }

  close(): void {
    this.#followers.clear()
    this.#ring.restart(this.#ring.newest)
  }
}
