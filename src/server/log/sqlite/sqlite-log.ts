import { EventwireError } from '../../../shared/errors.ts'
import { END_EVENT } from '../../../shared/wire/names.ts'
import {
  type AppendOptions,
  type Cursor,
  type EventLog,
  type Follower,
  type KeptValues,
  keptValues,
  type LogEntry,
  type LogSize,
  type NewEntry,
  type Page,
  type ReadOptions,
  toCursor,
  type ValueLog,
} from '../event-log.ts'
import { type Part, pageAfter } from '../page.ts'
import { type Append, AppendQueue } from './append-queue.ts'
import { retrying } from './busy.ts'
import { LiveEnd } from './live-end.ts'
import { type SqliteLogOptions, type SqliteLogSettings, settingsOf } from './options.ts'
import { explained } from './schema.ts'
import { type DatabaseFollower, type SharedDatabase, sharedDatabaseOf } from './shared-database.ts'
import { type AppendResult, type LogHead, Store, sizeOf } from './store.ts'

const PAGE = 256
/** Milliseconds for which another process may bring the file into order. */
const BUSY_TIMEOUT = 1_000
/** Approximate maximum size of a page in characters. */
const PAGE_SIZE = 1_048_576

export function openSqliteLog(options: SqliteLogOptions): EventLog {
  return new SqliteLog(options)
}

class SqliteLog implements ValueLog, DatabaseFollower {
  readonly key: string
  readonly poll: number
  readonly #settings: SqliteLogSettings
  readonly #database: SharedDatabase
  readonly #store: Store
  readonly #queue: AppendQueue
  #live: LiveEnd | undefined
  /** Where the log stood when this process had appended last. */
  #last: LogHead | undefined
  /** Counts of the entries appended since this process last trimmed. */
  #untrimmed: { events: number; bytes: number; at: number } = { events: Infinity, bytes: 0, at: 0 }
  #closed = false

  constructor(options: SqliteLogOptions) {
    this.#settings = settingsOf(options)
    const { key, poll } = this.#settings
    this.key = key
    this.poll = poll
    this.#database = sharedDatabaseOf(options.database)
    const database = this.#database
    this.#store = new Store(database.driver, key)
    this.#queue = new AppendQueue({
      append: (append) => this.#appendNow(append),
      get inTransaction() {
        return database.inTransaction
      },
      whenOver: (callback) => database.whenOver(callback),
    })
  }

  append(entries: readonly NewEntry[], options: AppendOptions = {}): readonly Cursor[] | Promise<readonly Cursor[]> {
    const purpose = this.#open('append to')
    if (entries.length === 0) return []
    this.#database.settle()
    // A rollback of the caller must not undo control entries: readers may have acted on them.
    const joins = this.#database.inTransaction && !entries.some(({ type }) => type.startsWith('sse:'))
    const append = { purpose, entries, options }
    return joins ? this.#join(append) : this.#queue.append(append)
  }

  read(after: Cursor | undefined, limit: number, { latest = false }: ReadOptions = {}): Page {
    return this.#reading(() => this.#read(after, limit, latest))
  }

  [keptValues](): KeptValues {
    return this.#reading(() => {
      const head = this.#head()
      const oldest = this.#store.oldest(head, this.#settings)
      return { ...this.#store.values(head, oldest), upTo: toCursor(head.epoch, oldest) }
    })
  }

  follow(onEntries: (entries: readonly LogEntry[]) => void, onLost: () => void): () => void {
    const purpose = this.#open('follow')
    const follower: Follower = { onEntries, onLost }
    try {
      this.#live ??= new LiveEnd(
        this.#store,
        retrying(() => this.#head(), BUSY_TIMEOUT),
      )
    } catch (cause) {
      throw explained(purpose, cause)
    }
    const live = this.#live
    live.followers.add(follower)
    this.#database.follow(this)
    return () => {
      if (live.followers.delete(follower) && live.followers.size === 0 && this.#live === live) this.#unfollow()
    }
  }

  size(): LogSize | undefined {
    try {
      const head = this.#head()
      return this.#store.size(head, this.#store.oldest(head, this.#settings))
    } catch {
      return undefined // the database is closed, or locked for the moment
    }
  }

  close(): void {
    this.#closed = true
    this.#unfollow()
    this.#queue.close((purpose) => new EventwireError('closed', `${purpose}: the log is closed`))
  }

  pull(): void {
    this.#live?.pull(this.#head())
  }

  lose(): void {
    const live = this.#live
    if (live === undefined) return
    const { epoch, recent } = live
    live.lose({ id: 0, epoch, sequence: recent.newest, bytes: 0, at: 0, ended: false })
  }

  #unfollow(): void {
    this.#live?.followers.clear()
    this.#live = undefined
    this.#database.unfollow(this)
  }

  #appendNow(append: Append): readonly Cursor[] {
    const { head, entries, cursors } = this.#appendOne(append) ?? this.#appendBatch(append)
    this.#last = head
    this.#live?.add(head, entries)
    this.#database.committed(this.key)
    this.#trim(head, entries.length)
    return cursors
  }

  /** Most appends: one entry without a condition, to a log that is there. */
  #appendOne({ entries, options: { after, epoch } }: Append): AppendResult | undefined {
    const [entry] = entries
    const last = this.#last
    if (last === undefined || entries.length > 1 || entry!.type === END_EVENT || (after ?? epoch) !== undefined) return
    const size = sizeOf(entry!)
    return size > this.#settings.maxBytes || last.ended ? undefined : this.#store.appendOne(entry!, last, size)
  }

  #appendBatch({ purpose, entries, options }: Append): AppendResult {
    const { maxBytes } = this.#settings
    return this.#database.driver.transaction(() => this.#store.append(purpose, entries, options, maxBytes, null))
  }

  /** Within the caller's transaction the entries are there if and only if that commits. */
  #join({ purpose, entries, options }: Append): Promise<readonly Cursor[]> {
    const base = this.#head().sequence
    const token = Math.floor(Math.random() * Number.MAX_SAFE_INTEGER)
    return new Promise((resolve, reject) => {
      let added: AppendResult
      try {
        added = this.#store.append(purpose, entries, options, this.#settings.maxBytes, token)
      } catch (cause) {
        reject(cause instanceof EventwireError ? cause : explained(purpose, cause))
        return
      }
      const settle = () => {
        try {
          const { sequence } = added.head
          const isThere = this.#store.holds(added.head, sequence, token)
          if (!isThere) throw rolledBack(purpose, isThere === undefined)
          resolve(added.cursors)
        } catch (cause) {
          reject(cause instanceof EventwireError ? cause : explained(purpose, cause))
        }
      }
      this.#database.await({ key: this.key, base, settle })
    })
  }

  #reading<Result>(task: () => Result): Result {
    const purpose = this.#open('read')
    this.#database.settle()
    try {
      return retrying(task, BUSY_TIMEOUT)
    } catch (cause) {
      throw explained(purpose, cause)
    }
  }

  #read(after: Cursor | undefined, limit: number, latest: boolean): Page {
    const head = this.#head()
    const { epoch, sequence: newest } = head
    const oldest = this.#store.oldest(head, this.#settings)
    let stuckAt: number | undefined
    const page = pageAfter({ epoch, oldest, newest }, after, latest, (from) => {
      const part = this.#recent(head, from, limit, latest) ?? this.#stored(head, from, limit, latest)
      if (part.next === from && from < newest && limit > 0) stuckAt = from
      return part
    })
    if (stuckAt === undefined) return page
    // Entries were deleted by hand.
    const next = toCursor(epoch, Math.min(newest, (this.#store.firstBehind(head, stuckAt) ?? newest + 1) - 1))
    return { ...page, status: 'gap', reason: 'trimmed', next, oldest: next }
  }

  #recent({ epoch, sequence: newest }: LogHead, from: number, limit: number, latest: boolean): Part | undefined {
    const live = this.#live?.epoch === epoch ? this.#live.recent : undefined
    if (live === undefined || live.newest <= from || (latest && live.newest !== newest)) return undefined
    return live.after(from, limit, latest)
  }

  #stored(head: LogHead, from: number, limit: number, latest: boolean): Part {
    const entries: LogEntry[] = []
    let [next, size] = [from, 0]
    while (next < head.sequence && entries.length < limit && size < PAGE_SIZE) {
      // Of the latest a page may be fewer than are looked at, and continues where it was filled.
      const part = this.#store.read(head, next, Math.min(PAGE, limit - entries.length), latest)
      if (part.next === next) break
      next = part.next
      for (const entry of part.entries) {
        entries.push(entry)
        size += entry.data.length
      }
    }
    return { next, entries }
  }

  /** The head as others see it, without what the caller's transaction has appended. */
  #head(): LogHead {
    const head = this.#store.head()
    const sequence = this.#database.baseOf(this.key)
    return sequence === undefined ? head : { ...head, sequence: Math.min(head.sequence, sequence) }
  }

  /** Cheap, because it is done for many entries at a time. */
  #trim(head: LogHead, events: number): void {
    const { maxEvents, maxBytes, maxAge } = this.#settings
    const now = Date.now()
    const since = this.#untrimmed
    since.events += events
    const isDue =
      since.events >= Math.min(256, maxEvents / 8) ||
      head.bytes - since.bytes >= maxBytes / 8 ||
      (maxAge < Infinity && now - since.at >= Math.min(1_000, maxAge))
    if (!isDue) return
    try {
      // An age says that entries are forgotten, and their values with them.
      this.#store.trim(head, this.#store.oldest(head, this.#settings), maxAge === Number.POSITIVE_INFINITY)
      this.#untrimmed = { events: 0, bytes: head.bytes, at: now }
    } catch {} // another process writes: the next append tries again
  }

  #open(what: string): string {
    const purpose = `${what} log "${this.key}"`
    if (this.#closed) throw new EventwireError('closed', `${purpose}: the log is closed; create a new one`)
    return purpose
  }
}

function rolledBack(purpose: string, mayHaveHappened: boolean): EventwireError {
  const outcome = mayHaveHappened
    ? 'the entry would be trimmed by now, so it is not known whether the transaction has committed'
    : 'the transaction was rolled back, so nothing was appended'
  return new EventwireError('log-failed', `${purpose}: ${outcome}`)
}
