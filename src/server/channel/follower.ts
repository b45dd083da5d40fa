import type { Follower as Fold } from '../../shared/fold/source.ts'
import { isThenable } from '../../shared/thenable.ts'
import { type Cursor, fromCursor, isAhead, type LogEntry } from '../log/event-log.ts'
import type { HeadWaiter, LiveLog, LivePage } from '../log/live-log.ts'
import { unref } from '../stream/shared-timer.ts'

const PAGE_LENGTH = 128
/** Milliseconds after which a failed read is retried. */
const AGAIN_AFTER = 1_000

/** The part of a channel that a follower uses. */
export interface FollowerOwner {
  readonly live: LiveLog
  /** Passes an entry to the fold; returns a promise when its schema is asynchronous. */
  readonly take: (entry: LogEntry) => unknown
  readonly miss: Fold['gap']
  /** Called when the state has become exact at a position. */
  readonly onCurrent: () => void
}

/** A fold's cursor over the log of a channel, from the first entry that the log has. */
export class Follower implements HeadWaiter {
  /** The position up to which the state has all events; unknown before the first reply of the log. */
  cursor: Cursor | undefined
  readonly #owner: FollowerOwner
  /** The channel feeds live followers. A waiting follower has read all entries, but does not know the head. */
  #state: 'reading' | 'waiting' | 'live' = 'reading'
  #timer: ReturnType<typeof setTimeout> | undefined
  /** Whether entries may have been missed during a read. */
  #lost = false
  #stopped = false

  constructor(owner: FollowerOwner) {
    this.#owner = owner
    this.#begin()
  }

  /** The position at which the state is exact; `undefined` while earlier events are still being read. */
  get current(): Cursor | undefined {
    return this.#state === 'reading' ? undefined : this.cursor
  }

  /** Takes live entries. */
  receive(entries: readonly LogEntry[], head: Cursor): void {
    if (this.#state !== 'live') return
    if (this.#takeAll(entries)) this.cursor = head
  }

  /** Entries may have been missed: reads them from the log. */
  lose(): void {
    if (this.#state === 'reading') this.#lost = true
    else this.resume()
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
    this.#owner.live.stopWaiting(this)
  }

  /** Reads pages up to the head. */
  resume(): void {
    this.#state = 'reading'
    let continues = true
    while (continues && !this.#stopped) {
      continues = false
      this.#read(this.cursor!, PAGE_LENGTH, (page, later) => {
        continues = this.#takePage(page)
        if (later && continues) this.resume()
      })
    }
  }

  #begin(): void {
    this.#read(undefined, 0, (page) => {
      this.cursor = page.oldest
      if (fromCursor(page.oldest)!.sequence > 0) this.#miss(page, 'trimmed')
      this.resume()
    })
  }

  /** @returns whether to read on at once. */
  #takePage(page: LivePage): boolean {
    if (page.status === 'gap') {
      this.cursor = page.oldest
      this.#miss(page, page.reason!)
      return true
    }
    if (!this.#takeAll(page.entries)) return false
    this.cursor = page.next
    return page.next !== page.newest || this.#reachHead()
  }

  /** Changes from reading to live synchronously, so that no entry is missed in between. @returns whether there is more to read. */
  #reachHead(): boolean {
    const { live, onCurrent } = this.#owner
    live.flush()
    const { head } = live
    if (this.#lost) {
      this.#lost = false
      return true
    }
    if (head !== this.cursor && head !== undefined && !isAhead(this.cursor!, head)) return true
    this.#state = head === this.cursor ? 'live' : 'waiting'
    if (this.#state === 'waiting') live.waitForHead(this)
    onCurrent()
    return false
  }

  /** @returns `false` when the fold of an entry is asynchronous; reading continues after it. */
  #takeAll(entries: readonly LogEntry[]): boolean {
    for (const entry of entries) {
      const taken = this.#owner.take(entry)
      if (isThenable(taken)) {
        this.#state = 'reading'
        void Promise.resolve(taken).then(() => {
          this.cursor = entry.cursor
          this.resume()
        })
        return false
      }
      this.cursor = entry.cursor
    }
    return true
  }

  #miss({ oldest }: LivePage, reason: Parameters<Fold['gap']>[0]['reason']): void {
    this.#owner.miss({ reason, oldest, id: oldest })
  }

  #read(after: Cursor | undefined, limit: number, use: (page: LivePage, later: boolean) => void): void {
    this.#owner.live.read(after, limit, use, () => {
      if (this.#stopped) return
      this.#timer = setTimeout(() => (this.cursor === undefined ? this.#begin() : this.resume()), AGAIN_AFTER)
      unref(this.#timer)
    })
  }
}
