import { EventwireError } from '../../shared/errors.ts'
import { guarded } from '../../shared/report.ts'
import { byteLength } from '../../shared/wire/bytes.ts'
import { END_EVENT } from '../../shared/wire/names.ts'
import { admit, tooLarge } from './admission.ts'
import {
  type AppendOptions,
  type Cursor,
  type EventLog,
  fromCursor,
  type LogEntry,
  type LogGap,
  type NewEntry,
  newEpoch,
  type Page,
  type ReadOptions,
  toCursor,
} from './event-log.ts'
import { Latest } from './latest.ts'

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
    if (!(bound > 0)) throw new EventwireError('invalid-option', `${name} is ${bound}; give a positive number`)
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
  readonly #latest = new Latest()
  #bytes = 0
  #newest = 0
  #ended = false

  constructor(maxEvents: number, maxBytes: number, maxAge: number) {
    this.#maxEvents = maxEvents
    this.#maxBytes = maxBytes
    this.#maxAge = maxAge
  }

  append(entries: readonly NewEntry[], options: AppendOptions = {}): readonly Cursor[] {
    const purpose = 'append to a memory log'
    const cursorAt = (ahead: number) => toCursor(this.#epoch, this.#newest + ahead)
    if (entries.length === 0) return []
    if (!admit(purpose, entries, options, cursorAt(0), this.#ended)) return [cursorAt(0)]
    let size = 0
    const kept = entries.map(({ type, data, topics, key, forget }, index): Kept => {
      const bytes = byteLength(type) + byteLength(data)
      size += bytes
      return { entry: { type, data, topics, key, forget, cursor: cursorAt(index + 1) }, bytes, at: Date.now() }
    })
    if (size > this.#maxBytes) throw tooLarge(purpose, size, this.#maxBytes)
    for (const each of kept) {
      this.#kept.push(each)
      this.#newest++
      this.#latest.add(each.entry, this.#newest)
    }
    this.#bytes += size
    const added = kept.map(({ entry }) => entry)
    this.#ended = added.at(-1)!.type === END_EVENT
    this.#trim()
    for (const follower of this.#followers) follower(added)
    return added.map(({ cursor }) => cursor)
  }

  read(after: Cursor | undefined, limit: number, { latest }: ReadOptions = {}): Page {
    this.#trim()
    let sequence = latest ? this.#oldest : this.#newest
    if (after !== undefined) {
      const position = fromCursor(after)
      if (position === undefined) return this.#gap('malformed')
      if (position.epoch !== this.#epoch) return this.#gap('epoch')
      sequence = position.sequence
      if (sequence > this.#newest) return this.#gap('ahead')
      if (sequence < this.#oldest) return this.#gap('trimmed')
    }
    const entries: LogEntry[] = []
    const offset = this.#kept.length - this.#newest
    for (; sequence < this.#newest && entries.length < limit; sequence++) {
      const { entry } = this.#kept[offset + sequence]!
      if (!latest || this.#latest.has(entry, sequence + 1)) entries.push(entry)
    }
    return this.#page(sequence, entries)
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
      this.#latest.remove(oldest.entry, this.#oldest + 1)
      this.#kept[this.#first] = undefined
      this.#first++
    }
    if (this.#first > 1024 && this.#first * 2 > this.#kept.length) {
      this.#kept = this.#kept.slice(this.#first)
      this.#first = 0
    }
  }

  #gap(reason: LogGap): Page {
    return this.#page(reason === 'trimmed' ? this.#oldest : this.#newest, [], reason)
  }

  #page(next: number, entries: readonly LogEntry[], reason?: LogGap): Page {
    return {
      status: reason ? 'gap' : 'ok',
      reason,
      entries,
      next: toCursor(this.#epoch, next),
      oldest: toCursor(this.#epoch, this.#oldest),
      newest: toCursor(this.#epoch, this.#newest),
    }
  }
}
