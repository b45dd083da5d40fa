import { isBusy } from './busy.ts'
import { type Driver, driverOf, type SqliteDatabaseLike } from './driver.ts'
import { openSchema } from './schema.ts'

/** A log with followers, which its database notifies. */
export interface DatabaseFollower {
  readonly key: string
  readonly poll: number
  /** Another connection has written, or another log of this one. */
  pull(): void
  /** The database does not answer. */
  lose(): void
}

/** An append within a transaction of the caller. */
export interface PendingAppend {
  readonly key: string
  /** The newest position before it. */
  readonly base: number
  /** The transaction is over. */
  settle(): void
}

/** Milliseconds between two looks whether a transaction of the caller is over, which outlives its tick. */
const SETTLE_INTERVAL = 5
/** A timer takes no more milliseconds than this. */
const MAX_INTERVAL = 2 ** 31

/** The state that all logs of a database share: its driver, the polling for other processes' writes, the caller's transaction. */
export class SharedDatabase {
  readonly driver: Driver
  readonly #followers = new Set<DatabaseFollower>()
  #pending: PendingAppend[] = []
  #onOver: (() => void)[] = []
  #timer: ReturnType<typeof setInterval> | undefined
  #soon: ReturnType<typeof setTimeout> | undefined
  #interval = 0
  #settling = false
  #version = -1
  #failed = false

  constructor(database: unknown) {
    this.driver = driverOf(database)
    openSchema(this.driver)
  }

  /** Whether the caller's transaction is open; a database that was closed has none. */
  get inTransaction(): boolean {
    try {
      return this.driver.inTransaction
    } catch {
      return false
    }
  }

  follow(log: DatabaseFollower): void {
    this.#followers.add(log)
    this.#poll()
  }

  unfollow(log: DatabaseFollower): void {
    this.#followers.delete(log)
    this.#poll()
  }

  /** Brings what was committed here to the logs of this key. */
  committed(key: string): void {
    for (const log of this.#followers) {
      if (log.key !== key) continue
      try {
        log.pull()
      } catch {
        log.lose()
      }
    }
  }

  await(pending: PendingAppend): void {
    this.#pending.push(pending)
    this.#settleSoon()
  }

  /** Calls back when the caller's transaction is over. */
  whenOver(callback: () => void): void {
    this.#onOver.push(callback)
    this.#settleSoon()
  }

  /** The newest position of a log that is committed, when entries of the caller's transaction stand behind it. */
  baseOf(key: string): number | undefined {
    if (this.#pending.length === 0) return undefined
    const bases = this.#pending.filter((each) => each.key === key).map(({ base }) => base)
    return bases.length === 0 ? undefined : Math.min(...bases)
  }

  /** Ends what has waited for the caller's transaction, if that is over. */
  settle(): void {
    if ((this.#pending.length === 0 && this.#onOver.length === 0) || this.inTransaction) return
    const [pending, callbacks] = [this.#pending, this.#onOver]
    this.#pending = []
    this.#onOver = []
    for (const each of pending) each.settle()
    for (const key of new Set(pending.map((each) => each.key))) this.committed(key)
    for (const callback of callbacks) callback()
  }

  #settleSoon(): void {
    if (this.#settling) return
    this.#settling = true
    const check = () => {
      this.settle()
      this.#settling = this.#pending.length > 0 || this.#onOver.length > 0
      if (this.#settling) setTimeout(check, SETTLE_INTERVAL)
    }
    queueMicrotask(check)
  }

  #poll(): void {
    const interval = this.driver.shared ? Math.min(...[...this.#followers].map(({ poll }) => poll)) : Infinity
    if (interval === this.#interval) return
    clearInterval(this.#timer)
    this.#interval = interval
    if (interval < MAX_INTERVAL) this.#timer = setInterval(() => this.#lookUp(), interval)
  }

  /** More is likely to come. */
  #checkAgain(): void {
    if (this.#followers.size === 0) return
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined
      if (this.#followers.size > 0) this.#lookUp()
    }, this.#interval / 2)
  }

  #lookUp(): void {
    try {
      // Within a transaction the connection sees what it saw when that began.
      if (this.driver.inTransaction) return
      const { data_version: version } = this.driver.all('PRAGMA data_version')[0]!
      if (version === this.#version && !this.#failed) return
      for (const log of this.#followers) log.pull()
      this.#version = version
      this.#failed = false
      this.#checkAgain()
    } catch (cause) {
      // The next look finds the same.
      if (this.#failed || isBusy(cause)) return
      this.#failed = true
      for (const log of this.#followers) log.lose()
    }
  }
}

const databases = new WeakMap<object, SharedDatabase>()

export function sharedDatabaseOf(database: SqliteDatabaseLike): SharedDatabase {
  let shared = databases.get(database)
  if (shared === undefined) {
    shared = new SharedDatabase(database)
    databases.set(database, shared)
  }
  return shared
}
