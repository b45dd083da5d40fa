import { EventwireError } from '../../../shared/errors.ts'
import { END_EVENT } from '../../../shared/wire/names.ts'
import {
  type AppendOptions,
  type Cursor,
  type EventLog,
  type LogEntry,
  type NewEntry,
  type Page,
  type ReadOptions,
  toCursor,
} from '../event-log.ts'
import { type Part, pageAfter } from '../page.ts'
import { type Append, AppendQueue } from './append-queue.ts'
import { retrying } from './busy.ts'
import { type Followed, type Hub, hubOf } from './hub.ts'
import { type Follower, LiveEnd } from './live-end.ts'
import { type Settings, type SqliteLogOptions, settingsOf } from './options.ts'
import { explained } from './schema.ts'
import { type Added, type Head, Store, sizeOf } from './store.ts'

const PAGE = 256
/** Milliseconds for which another process may bring the file into order. */
const PATIENCE = 1_000
/** A page is cut off at about so many characters. */
const PAGE_SIZE = 1_048_576

export class SqliteLog implements EventLog, Followed {
  readonly key: string
  readonly poll: number
  readonly #settings: Settings
  readonly #hub: Hub
  readonly #store: Store
  readonly #queue: AppendQueue
  #live: LiveEnd | undefined
  /** Where the log stood when this process had appended last. */
  #last: Head | undefined
  /** Counts of the entries appended since this process last trimmed. */
  #untrimmed: { events: number; bytes: number; at: number } = { events: Infinity, bytes: 0, at: 0 }
  #closed = false

  constructor(options: SqliteLogOptions) {
    this.#settings = settingsOf(options)
    const { key, poll } = this.#settings
    this.key = key
    this.poll = poll
    this.#hub = hubOf(options.database)
    const hub = this.#hub
    this.#store = new Store(hub.driver, key)
    this.#queue = new AppendQueue({
      append: (append) => this.#appendNow(append),
      get inTransaction() {
        return hub.inTransaction
      },
      whenOver: (callback) => hub.whenOver(callback),
    })
  }

  append(entries: readonly NewEntry[], options: AppendOptions = {}): readonly Cursor[] | Promise<readonly Cursor[]> {
    const purpose = this.#open('append to')
    if (entries.length === 0) return []
    this.#hub.settle()
    // A rollback of the caller must not undo control entries: readers may have acted on them.
    const joins = this.#hub.inTransaction && !entries.some(({ type }) => type.startsWith('sse:'))
    const append = { purpose, entries, options }
    return joins ? this.#join(append) : this.#queue.append(append)
  }

  read(after: Cursor | undefined, limit: number, { latest = false }: ReadOptions = {}): Page {
    const purpose = this.#open('read')
    this.#hub.settle()
    try {
      return retrying(() => this.#read(after, limit, latest), PATIENCE)
    } catch (cause) {
      throw explained(purpose, cause)
    }
  }

  follow(onEntries: (entries: readonly LogEntry[]) => void, onLost: () => void): () => void {
    const purpose = this.#open('follow')
    const follower: Follower = { onEntries, onLost }
    try {
      this.#live ??= new LiveEnd(
        this.#store,
        retrying(() => this.#head(), PATIENCE),
      )
    } catch (cause) {
      throw explained(purpose, cause)
    }
    const live = this.#live
    live.followers.add(follower)
    this.#hub.follow(this)
    return () => {
      if (live.followers.delete(follower) && live.followers.size === 0 && this.#live === live) this.#unfollow()
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
    this.#hub.unfollow(this)
  }

  #appendNow(append: Append): readonly Cursor[] {
    const { head, entries, cursors } = this.#appendOne(append) ?? this.#appendBatch(append)
    this.#last = head
    this.#live?.add(head, entries)
    this.#hub.committed(this.key)
    this.#trim(head, entries.length)
    return cursors
  }

  /** Most appends: one entry without a condition, to a log that is there. */
  #appendOne({ entries, options: { after, epoch } }: Append): Added | undefined {
    const [entry] = entries
    const last = this.#last
    if (last === undefined || entries.length > 1 || entry!.type === END_EVENT || (after ?? epoch) !== undefined) return
    const size = sizeOf(entry!)
    return size > this.#settings.maxBytes || last.ended ? undefined : this.#store.appendOne(entry!, last, size)
  }

  #appendBatch({ purpose, entries, options }: Append): Added {
    const { maxBytes } = this.#settings
    return this.#hub.driver.transaction(() => this.#store.append(purpose, entries, options, maxBytes, null))
  }

  /** Within the caller's transaction the entries are there if and only if that commits. */
  #join({ purpose, entries, options }: Append): Promise<readonly Cursor[]> {
    const base = this.#head().sequence
    const token = Math.floor(Math.random() * Number.MAX_SAFE_INTEGER)
    return new Promise((resolve, reject) => {
      let added: Added
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
      this.#hub.await({ key: this.key, base, settle })
    })
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

  #recent({ epoch, sequence: newest }: Head, from: number, limit: number, latest: boolean): Part | undefined {
    const live = this.#live?.epoch === epoch ? this.#live.recent : undefined
    if (live === undefined || live.newest <= from || (latest && live.newest !== newest)) return undefined
    return live.after(from, limit, latest)
  }

  #stored(head: Head, from: number, limit: number, latest: boolean): Part {
    const entries: LogEntry[] = []
    let [next, size] = [from, 0]
    while (next < head.sequence && entries.length < limit && size < PAGE_SIZE) {
      // Of the latest a page may be fewer than are looked at, and goes on where it was filled.
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
  #head(): Head {
    const head = this.#store.head()
    const sequence = this.#hub.baseOf(this.key)
    return sequence === undefined ? head : { ...head, sequence: Math.min(head.sequence, sequence) }
  }

  /** Cheap, because it is done for many entries at a time. */
  #trim(head: Head, events: number): void {
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
      this.#store.trim(head, this.#store.oldest(head, this.#settings))
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
