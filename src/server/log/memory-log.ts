import { invalidOption } from '../../shared/errors.ts'
import { callUser } from '../../shared/report.ts'
import { byteLength } from '../../shared/wire/bytes.ts'
import { END_EVENT } from '../../shared/wire/names.ts'
import { admit, tooLarge } from './admission.ts'
import { EntryRing } from './entry-ring.ts'
import {
  type AppendOptions,
  type Cursor,
  type EventLog,
  type LogEntry,
  type NewEntry,
  newEpoch,
  type Page,
  type ReadOptions,
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
 * await log.append(['"one"', '"two"', '"three"'].map((data) => ({ type: 'message', data })))
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
   * The most bytes of payload and name to keep. What alone is larger is refused.
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

interface Follower {
  readonly onEntries: (entries: readonly LogEntry[]) => void
}

class MemoryLog implements EventLog {
  readonly #maxBytes: number
  readonly #maxAge: number
  readonly #epoch = newEpoch()
  readonly #followers = new Set<Follower>()
  readonly #ring: EntryRing
  #ended = false

  constructor(maxEvents: number, maxBytes: number, maxAge: number) {
    this.#maxBytes = maxBytes
    this.#maxAge = maxAge
    this.#ring = new EntryRing(maxEvents, maxBytes)
  }

  append(entries: readonly NewEntry[], options: AppendOptions = {}): readonly Cursor[] {
    const purpose = 'append to a memory log'
    const cursorAt = (ahead: number) => toCursor(this.#epoch, this.#ring.newest + ahead)
    if (entries.length === 0) return []
    if (!admit(purpose, entries, options, cursorAt(0), this.#ended)) return [cursorAt(0)]
    const sizes = entries.map(({ type, data }) => byteLength(type) + byteLength(data))
    const size = sizes.reduce((sum, bytes) => sum + bytes, 0)
    if (size > this.#maxBytes) throw tooLarge(purpose, size, this.#maxBytes)
    const added = entries.map(
      ({ type, data, topics, key, forget }, index): LogEntry => ({
        type,
        data,
        topics,
        key,
        forget,
        cursor: cursorAt(index + 1),
      }),
    )
    const now = Date.now()
    for (const [index, entry] of added.entries()) this.#ring.add(entry, sizes[index]!, now, now - this.#maxAge)
    this.#ended = added.at(-1)!.type === END_EVENT
    for (const { onEntries } of this.#followers) callUser(onEntries, added)
    return added.map(({ cursor }) => cursor)
  }

  read(after: Cursor | undefined, limit: number, { latest = false }: ReadOptions = {}): Page {
    this.#ring.trim(Date.now() - this.#maxAge)
    const { oldest, newest } = this.#ring
    const bounds = { epoch: this.#epoch, oldest, newest }
    return pageAfter(bounds, after, latest, (sequence) => this.#ring.after(sequence, limit, latest)!)
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
