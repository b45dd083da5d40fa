import type { EventwireError } from '../../shared/errors.ts'
import type { EventOf } from '../../shared/events/event-map.ts'
import type { Follower as Fold } from '../../shared/fold/source.ts'
import { isThenable } from '../../shared/thenable.ts'
import type { Cursor, LogEntry } from '../log/event-log.ts'
import type { HeadWaiter, LiveLog } from '../log/live-log.ts'
import type { LivePage } from '../log/live-page.ts'
import { fromCursor, isAhead } from '../log/position.ts'
import { readPages } from '../log/read-pages.ts'
import { unref } from '../stream/shared-timer.ts'

const PAGE_LENGTH = 128
/** Milliseconds after which a failed read is retried. */
const AGAIN_AFTER = 1_000

/** The part of a channel that its folds read. */
export interface FoldsSource {
  readonly live: LiveLog
  decode(entry: LogEntry): EventOf<any>
}

/** The folds of a channel, as a follower sees them. */
export interface FollowerOwner {
  readonly source: FoldsSource
  readonly report: (error: EventwireError) => void
  /** Called when the state of a fold has become exact at a position. */
  callWaiting(): void
}

/** A fold's cursor over the log of a channel, from the first entry that the log has. */
export class Follower implements HeadWaiter {
  readonly #owner: FollowerOwner
  readonly #types: readonly string[]
  readonly #fold: Fold
  /** The position up to which the state has all events; unknown before the first reply of the log. */
  #cursor: Cursor | undefined
  #isReading = true
  #timer: ReturnType<typeof setTimeout> | undefined
  /** Whether entries may have been missed during a read. */
  #lost = false
  #stopped = false

  constructor(owner: FollowerOwner, types: readonly string[], fold: Fold) {
    this.#owner = owner
    this.#types = types
    this.#fold = fold
    this.#begin()
  }

  /** The position at which the state is exact; `undefined` while earlier events are still being read. */
  get current(): Cursor | undefined {
    return this.#isReading ? undefined : this.#cursor
  }

  /** Takes live entries. A follower that is not at the position before them waits for the head. */
  receive(entries: readonly LogEntry[], before: Cursor): void {
    if (this.current === before) this.#takeAll(entries)
  }

  /** Entries may have been missed: reads them from the log. */
  lose(): void {
    if (this.#isReading) this.#lost = true
    else this.resume()
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
    this.#owner.source.live.stopWaiting(this)
  }

  /** Reads pages up to the head. */
  resume(): void {
    this.#isReading = true
    const take = (page: LivePage) => (this.#takePage(page) && !this.#stopped ? this.#cursor : undefined)
    readPages(this.#owner.source.live, this.#cursor!, PAGE_LENGTH, take, () => this.#retry())
  }

  #begin(): void {
    const begin = ({ oldest }: LivePage) => {
      if (fromCursor(oldest)!.sequence > 0) this.#miss(oldest, 'trimmed')
      else this.#cursor = oldest
      this.resume()
    }
    this.#owner.source.live.read(undefined, 0, begin, () => this.#retry())
  }

  #retry(): void {
    if (this.#stopped) return
    this.#timer = setTimeout(() => (this.#cursor === undefined ? this.#begin() : this.resume()), AGAIN_AFTER)
    unref(this.#timer)
  }

  /** @returns whether to read on at once. */
  #takePage({ status, reason, oldest, entries, next, newest }: LivePage): boolean {
    if (status === 'gap') {
      this.#miss(oldest, reason!)
      return true
    }
    if (!this.#takeAll(entries)) return false
    this.#cursor = next
    return next !== newest || this.#reachHead()
  }

  /** Changes from reading to live synchronously, so that no entry is missed in between. @returns whether there is more to read. */
  #reachHead(): boolean {
    const { live } = this.#owner.source
    live.flush()
    const { head } = live
    if (this.#lost) {
      this.#lost = false
      return true
    }
    if (head !== this.#cursor) {
      if (head !== undefined && !isAhead(this.#cursor!, head)) return true
      live.waitForHead(this)
    }
    this.#isReading = false
    this.#owner.callWaiting()
    return false
  }

  /** @returns `false` when the fold of an entry is asynchronous; reading continues after it. */
  #takeAll(entries: readonly LogEntry[]): boolean {
    for (const entry of entries) {
      // Before the call: a listener of the state may read it, and begin a snapshot there.
      this.#cursor = entry.cursor
      const taken = this.#take(entry)
      if (isThenable(taken)) {
        this.#isReading = true
        void Promise.resolve(taken).then(() => this.resume())
        return false
      }
    }
    return true
  }

  /** Passes an entry to the fold; returns a promise when its schema is asynchronous. */
  #take(entry: LogEntry): unknown {
    if (!this.#types.includes(entry.type)) return undefined
    return this.#reporting(() => {
      const event = this.#owner.source.decode(entry)
      const { data } = event
      if (!isThenable(data)) return this.#fold.event(data, event)
      const pass = (data: unknown) => this.#reporting(() => this.#fold.event(data, { ...event, data }))
      return data.then(pass, this.#owner.report)
    })
  }

  #miss(oldest: Cursor, reason: Parameters<Fold['gap']>[0]['reason']): void {
    this.#cursor = oldest
    this.#reporting(() => this.#fold.gap({ reason, oldest, id: oldest }))
  }

  #reporting(call: () => unknown): unknown {
    try {
      return call()
    } catch (error) {
      this.#owner.report(error as EventwireError)
      return undefined
    }
  }
}
