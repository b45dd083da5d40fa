import { callUser } from '../../../shared/report.ts'
import { EntryRing } from '../entry-ring.ts'
import type { Follower, LogEntry } from '../event-log.ts'
import type { LogHead, Store } from './store.ts'

/** Maximum number of recent entries kept as objects, so that short replays share them, and their frames, with live readers. */
const MOST_OBJECTS = 4_096
const RECENT_BYTES = 4 * 1024 * 1024
const PAGE = 512

/** The live end of a log: its followers, and the entries that they received last. */
export class LiveEnd {
  readonly followers: Set<Follower> = new Set()
  readonly recent: EntryRing = new EntryRing(MOST_OBJECTS, RECENT_BYTES)
  epoch: string
  readonly #store: Store
  /** Entries that wait for those before them to be given to all. */
  #waiting: (readonly LogEntry[])[] = []
  #delivering = false

  constructor(store: Store, { epoch, sequence }: LogHead) {
    this.#store = store
    this.epoch = epoch
    this.recent.restart(sequence)
  }

  /** Entries that were appended here. */
  add({ epoch, sequence }: LogHead, entries: readonly LogEntry[]): void {
    if (epoch === this.epoch && this.recent.newest === sequence - entries.length) this.#add(entries)
  }

  /** Gives to followers what stands in the log up to its head. */
  pull(head: LogHead): void {
    if (head.epoch !== this.epoch || head.sequence < this.recent.newest) {
      this.lose(head)
      return
    }
    while (this.recent.newest < head.sequence) {
      const { entries } = this.#store.read(head, this.recent.newest, PAGE, false)
      if (entries.length === 0) {
        this.lose(head)
        return
      }
      this.#add(entries)
    }
  }

  /** Entries are missing and cannot be determined: notifies the followers, whose readers then read again. */
  lose(head?: LogHead): void {
    this.epoch = head?.epoch ?? this.epoch
    this.recent.restart(head?.sequence ?? this.recent.newest)
    for (const { onLost } of this.followers) callUser(onLost, undefined)
  }

  #add(entries: readonly LogEntry[]): void {
    for (const entry of entries) this.recent.add(entry, 0)
    this.#deliver(entries)
  }

  /** A follower may append: what comes of that waits until all have had this. */
  #deliver(entries: readonly LogEntry[]): void {
    this.#waiting.push(entries)
    if (this.#delivering) return
    this.#delivering = true
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      for (const { onEntries } of this.followers) callUser(onEntries, next)
    }
    this.#delivering = false
  }
}
