import { callUser } from '../../../shared/report.ts'
import { EntryRing } from '../entry-ring.ts'
import type { Follower, LogEntry } from '../event-log.ts'
import type { Position } from '../position.ts'
import { positionOf, unpackAll } from './fields.ts'
import { PendingAppends } from './pending-appends.ts'
import type { StreamRange } from './stream-range.ts'
import type { NotificationListener } from './subscriber.ts'

export interface LiveEndSettings {
  readonly maxEvents: number
  readonly recentBytes: number
  /** Milliseconds between two looks whether something has come unheard, or `false`. */
  readonly checkInterval: number | false
  fetch(after: Position | undefined): Promise<StreamRange>
  /** Notifications of this log do not arrive. */
  onMissedNotifications(): void
}

/** How long to wait for a missing earlier entry, in milliseconds, before it is read from the stream. */
const GRACE = 20
/** Before Redis is asked again after a failure, in milliseconds. */
const RETRY_DELAY = 1_000
/** Maximum number of entries that wait for a missing earlier one. Above it all of them are read from the stream. */
const MOST_EARLY = 1_024

/**
 * The live end of a log: what followers have been given. It is fed by notifications and by the replies to our own appends, in any
 * order, and fills what is missing from the stream.
 */
export class LiveEnd implements NotificationListener {
  readonly recent: EntryRing
  readonly followers: Set<Follower> = new Set()
  /** The position before the oldest entry, as of the last reply of Redis. */
  oldest = 0
  epoch: string | undefined
  readonly #settings: LiveEndSettings
  readonly #early = new Map<number, LogEntry>()
  /** Appends that resolve when followers have had their entries. */
  readonly #pendingAppends = new PendingAppends()
  #syncing: Promise<void> | undefined
  #syncAgain = false
  #timer: ReturnType<typeof setTimeout> | undefined
  readonly #checks: ReturnType<typeof setInterval> | undefined
  /** The newest position in a notification, and one that a check has found without its notification. */
  #lastNotified = 0
  #missedUpTo = 0
  #failed = false
  #stopped = false

  constructor(settings: LiveEndSettings) {
    this.#settings = settings
    this.recent = new EntryRing(settings.maxEvents, settings.recentBytes)
    const { checkInterval } = settings
    if (checkInterval !== false) this.#checks = setInterval(() => this.#check(), checkInterval)
    this.sync()
  }

  onMessage(text: string): void {
    const at = positionOf(text.slice(0, text.indexOf(' ')))
    if (at.epoch !== this.epoch) {
      this.sync()
      return
    }
    this.#lastNotified = Math.max(this.#lastNotified, at.sequence)
    if (at.sequence <= this.recent.newest) return
    try {
      const { first, entries } = unpackAll(text)
      this.#arrived(first, entries)
    } catch {
      this.sync() // somebody else has written to our channel
    }
  }

  onSubscribed(): void {
    this.#missedUpTo = 0
    this.sync()
  }

  /** A batch of our own is in the log. Resolves when followers have had it, or when that cannot be done now. */
  appended({ epoch, sequence }: Position, entries: readonly LogEntry[]): Promise<void> | undefined {
    this.#arrived({ epoch, sequence }, entries)
    const last = sequence + entries.length - 1
    if (this.#stopped || (epoch === this.epoch && last <= this.recent.newest)) return undefined
    return this.#pendingAppends.wait({ epoch, sequence: last })
  }

  /** Something has shown the log in another life than the one that is followed. */
  noticed(epoch: string): Promise<void> | undefined {
    return this.epoch === epoch ? undefined : this.sync()
  }

  /** Compares positions with Redis and fills what is missing. */
  sync(): Promise<void> {
    if (this.#syncing !== undefined) this.#syncAgain = true
    else {
      this.#syncing = this.#run().finally(() => {
        this.#syncing = undefined
      })
    }
    return this.#syncing
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
    clearInterval(this.#checks)
    this.#pendingAppends.release()
  }

  async #run(): Promise<void> {
    try {
      let behind = true
      while (behind && !this.#stopped) {
        this.#syncAgain = false
        const { epoch } = this
        const range = await this.#settings.fetch(
          epoch === undefined ? undefined : { epoch, sequence: this.recent.newest },
        )
        behind = this.#compare(range) || this.#syncAgain
      }
    } catch {
      this.#failed = true
      this.#pendingAppends.release()
      this.#syncSoon(RETRY_DELAY)
    }
  }

  /** @returns whether there is more to read. */
  #compare({ epoch, newest, oldest, entries }: StreamRange): boolean {
    if (this.#stopped) return false
    this.oldest = oldest
    const { recent } = this
    if (this.epoch === epoch && recent.newest >= oldest) {
      const added: LogEntry[] = []
      for (const { sequence, entry, at } of entries) {
        if (sequence !== recent.newest + 1) continue
        recent.add(entry, at)
        added.push(entry)
      }
      this.#deliver(added)
      return entries.length > 0 && recent.newest < newest
    }
    // Entries that this process appended before the first reply of Redis have reached no follower.
    const missed = this.#failed || this.#pendingAppends.has((at) => at.epoch === epoch && at.sequence <= newest)
    const begins = this.epoch === undefined && !missed
    this.epoch = epoch
    this.#missedUpTo = 0
    this.#early.clear()
    recent.restart(newest)
    this.#releaseDelivered()
    if (!begins) for (const { onLost } of this.followers) callUser(onLost, undefined)
    return false
  }

  /** A batch that was notified, or is our own; `sequence` is the position of its first entry. */
  #arrived({ epoch, sequence }: Position, entries: readonly LogEntry[]): void {
    const { recent } = this
    if (this.#stopped) return
    if (epoch !== this.epoch) {
      this.sync()
    } else if (sequence <= recent.newest + 1) {
      const added = entries.slice(recent.newest + 1 - sequence)
      const at = Date.now()
      for (const entry of added) recent.add(entry, at)
      this.#deliver(added)
    } else {
      for (const [index, entry] of entries.entries()) {
        if (this.#early.size < MOST_EARLY) this.#early.set(sequence + index, entry)
      }
      this.#syncSoon(GRACE)
    }
  }

  #deliver(entries: LogEntry[]): void {
    const { recent } = this
    if (this.#early.size > 0) {
      for (const sequence of this.#early.keys()) if (sequence <= recent.newest) this.#early.delete(sequence)
      for (;;) {
        const next = this.#early.get(recent.newest + 1)
        if (next === undefined) break
        this.#early.delete(recent.newest + 1)
        recent.add(next, Date.now())
        entries.push(next)
      }
    }
    if (entries.length > 0) for (const { onEntries } of this.followers) callUser(onEntries, entries)
    this.#releaseDelivered()
  }

  #releaseDelivered(): void {
    this.#pendingAppends.release(({ epoch, sequence }) => epoch !== this.epoch || sequence <= this.recent.newest)
  }

  #syncSoon(delay: number): void {
    if (this.#timer !== undefined || this.#stopped) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      if (delay === RETRY_DELAY || this.#early.size > 0) this.sync()
    }, delay)
  }

  /** Detects a subscription that died silently: the stream has entries of which no notification arrived. */
  async #check(): Promise<void> {
    if (this.#missedUpTo > this.#lastNotified) this.#settings.onMissedNotifications()
    const before = this.recent.newest
    await this.sync()
    const { newest } = this.recent
    this.#missedUpTo = newest > before && newest > this.#lastNotified ? newest : 0
  }
}
