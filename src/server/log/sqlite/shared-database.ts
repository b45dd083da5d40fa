import { isBusy } from './busy.ts'
import { type Driver, type DurableSqlLike, driverOf, type SqliteDatabaseLike } from './driver.ts'
import { openSchema } from './schema.ts'

/** A log with followers, which its hub notifies. */
export interface Followed {
  readonly key: string
  readonly poll: number
  /** Another connection has written, or another log of this one. */
  pull(): void
  /** The database does not answer. */
  lose(): void
}

/** An append within a transaction of the caller. */
export interface Pending {
  readonly key: string
  /** The newest position before it. */
  readonly base: number
  /** The transaction is over. */
  settle(): void
}

/** Milliseconds between two looks whether a transaction of the caller is over, which outlives its tick. */
const LOOK = 5
/** A timer takes no more milliseconds than this. */
const LONGEST = 2 ** 31

/** The state that all logs of a database share: its driver, the polling for other processes' writes, the caller's transaction. */
export class Hub {
  readonly driver: Driver
  readonly #followed = new Set<Followed>()
  #pending: Pending[] = []
  #onOver: (() => void)[] = []
  #timer: ReturnType<typeof setInterval> | undefined
  #soon: ReturnType<typeof setTimeout> | undefined
  #interval = 0
  #looking = false
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

  follow(log: Followed): void {
    this.#followed.add(log)
    this.#poll()
  }

  unfollow(log: Followed): void {
    this.#followed.delete(log)
    this.#poll()
  }

  /** Brings what was committed here to the logs of this key. */
  committed(key: string): void {
    for (const log of this.#followed) {
      if (log.key !== key) continue
      try {
        log.pull()
      } catch {
        log.lose()
      }
    }
  }

  await(pending: Pending): void {
    this.#pending.push(pending)
    this.#lookSoon()
  }

  /** Calls back when the caller's transaction is over. */
  whenOver(callback: () => void): void {
    this.#onOver.push(callback)
    this.#lookSoon()
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

  #lookSoon(): void {
    if (this.#looking) return
    this.#looking = true
    const look = () => {
      this.settle()
      this.#looking = this.#pending.length > 0 || this.#onOver.length > 0
      if (this.#looking) setTimeout(look, LOOK)
    }
    queueMicrotask(look)
  }

  #poll(): void {
    const interval = this.driver.shared ? Math.min(...[...this.#followed].map(({ poll }) => poll)) : Infinity
    if (interval === this.#interval) return
    clearInterval(this.#timer)
    this.#interval = interval
    if (interval < LONGEST) this.#timer = setInterval(() => this.#look(), interval)
  }

  /** More is likely to come. */
  #lookAgain(): void {
    if (this.#followed.size === 0) return
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined
      if (this.#followed.size > 0) this.#look()
    }, this.#interval / 2)
  }

  #look(): void {
    try {
      // Within a transaction the connection sees what it saw when that began.
      if (this.driver.inTransaction) return
      const { data_version: version } = this.driver.all('PRAGMA data_version')[0]!
      if (version === this.#version && !this.#failed) return
      for (const log of this.#followed) log.pull()
      this.#version = version
      this.#failed = false
      this.#lookAgain()
    } catch (cause) {
      // The next look finds the same.
      if (this.#failed || isBusy(cause)) return
      this.#failed = true
      for (const log of this.#followed) log.lose()
    }
  }
}

const hubs = new WeakMap<object, Hub>()

export function hubOf(database: SqliteDatabaseLike | DurableSqlLike): Hub {
  let hub = hubs.get(database)
  if (hub === undefined) {
    hub = new Hub(database)
    hubs.set(database, hub)
  }
  return hub
}
