import { EventwireError } from '../../../shared/errors.ts'
import { END_EVENT } from '../../../shared/wire/names.ts'
import type {
  AppendOptions,
  Cursor,
  EventLog,
  Follower,
  LogEntry,
  LogSize,
  NewEntry,
  Page,
  ReadOptions,
} from '../event-log.ts'
import { type KeptValues, keptValues, type ValueLog } from '../kept-values.ts'
import { type Append, AppendQueue } from './append-queue.ts'
import { retrying } from './busy.ts'
import { sizeOf } from './entry-rows.ts'
import { LiveEnd } from './live-end.ts'
import { readPage } from './log-page.ts'
import { type SqliteLogOptions, type SqliteLogSettings, settingsOf } from './options.ts'
import { Retention } from './retention.ts'
import { explained } from './schema.ts'
import { type DatabaseFollower, type SharedDatabase, sharedDatabaseOf } from './shared-database.ts'
import { type AppendResult, type LogHead, Store } from './store.ts'

/** Milliseconds for which another process may bring the file into order. */
const BUSY_TIMEOUT = 1_000

export function openSqliteLog(options: SqliteLogOptions): EventLog {
  return new SqliteLog(options)
}

class SqliteLog implements ValueLog, DatabaseFollower {
  readonly key: string
  readonly poll: number
  readonly #settings: SqliteLogSettings
  readonly #database: SharedDatabase
  readonly #store: Store
  readonly #retention: Retention
  readonly #queue: AppendQueue
  #live: LiveEnd | undefined
  /** Where the log stood when this process had appended last. */
  #last: LogHead | undefined
  #closed = false

  constructor(options: SqliteLogOptions) {
    this.#settings = settingsOf(options)
    const { key, poll } = this.#settings
    this.key = key
    this.poll = poll
    const database = sharedDatabaseOf(options.database)
    this.#database = database
    this.#store = new Store(database.driver, key)
    this.#retention = new Retention(database.driver, this.#settings)
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
    const sources = { store: this.#store, retention: this.#retention, live: this.#live }
    return this.#reading(() => readPage(sources, this.#head(), after, limit, latest))
  }

  [keptValues](): KeptValues {
    return this.#reading(() => this.#retention.values(this.#head()))
  }

  follow(onEntries: (entries: readonly LogEntry[]) => void, onLost: () => void): () => void {
    const purpose = this.#open('follow')
    const follower: Follower = { onEntries, onLost }
    try {
      const head = retrying(() => this.#head(), BUSY_TIMEOUT)
      this.#live ??= new LiveEnd(this.#store, head)
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
      return this.#retention.size(this.#head())
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
    this.#live?.lose()
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
    this.#retention.appended(head, entries.length)
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
    const append = () => this.#store.append(purpose, entries, options, this.#settings.maxBytes, null)
    return this.#database.driver.transaction(append)
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
          this.#store.confirm(purpose, added.head, token)
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

  /** The head as others see it, without what the caller's transaction has appended. */
  #head(): LogHead {
    const head = this.#store.head()
    const sequence = this.#database.baseOf(this.key)
    return sequence === undefined ? head : { ...head, sequence: Math.min(head.sequence, sequence) }
  }

  #open(what: string): string {
    const purpose = `${what} log "${this.key}"`
    if (this.#closed) throw new EventwireError('closed', `${purpose}: the log is closed; create a new one`)
    return purpose
  }
}
