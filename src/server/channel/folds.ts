import type { EventwireError } from '../../shared/errors.ts'
import type { EventOf } from '../../shared/events/event-map.ts'
import type { Follower as Fold, Following } from '../../shared/fold/source.ts'
import { isThenable } from '../../shared/thenable.ts'
import type { Cursor, LogEntry } from '../log/event-log.ts'
import type { LiveLog } from '../log/live-log.ts'
import { Follower } from './follower.ts'

/** The part of a channel that its folds use. */
interface FoldsOwner {
  readonly live: LiveLog
  readonly decode: (entry: LogEntry) => EventOf<any>
  readonly report: (error: EventwireError) => void
}

/** The folds of a channel, and the snapshots that wait until all folds are exact. */
export class Folds {
  readonly #owner: FoldsOwner
  readonly #followers = new Set<Follower>()
  #waiting: (() => void)[] = []

  constructor(owner: FoldsOwner) {
    this.#owner = owner
  }

  add(types: readonly string[], fold: Fold): Following {
    const { live, decode, report } = this.#owner
    const reporting = (call: () => unknown) => {
      try {
        return call()
      } catch (error) {
        report(error as EventwireError)
      }
      return undefined
    }
    const take = (entry: LogEntry) => {
      if (!types.includes(entry.type)) return undefined
      const event = reporting(() => decode(entry)) as EventOf<any> | undefined
      if (event === undefined) return undefined
      if (!isThenable(event.data)) return reporting(() => fold.event(event.data, event))
      return event.data.then((data: unknown) => reporting(() => fold.event(data, { ...event, data })), report)
    }
    this.#followers.add(
      new Follower({ live, take, miss: (gap) => reporting(() => fold.gap(gap)), onCurrent: () => this.callWaiting() }),
    )
    return { flush: () => live.flush() }
  }

  /**
   * Calls back with the position at which the states of all folds are exact, at once or later. Without folds it passes no position:
   * any will do.
   */
  whenExact(call: (position?: Cursor) => void): void {
    if (this.#followers.size > 0) this.#owner.live.flush()
    const positions = new Set([...this.#followers].map(({ current }) => current))
    const [position] = positions
    if (positions.size > 1 || (positions.size === 1 && position === undefined)) {
      this.#waiting.push(() => this.whenExact(call))
    } else call(position)
  }

  receive(entries: readonly LogEntry[], head: Cursor): void {
    for (const follower of this.#followers) follower.receive(entries, head)
  }

  lose(): void {
    for (const follower of this.#followers) follower.lose()
  }

  stop(): void {
    for (const follower of this.#followers) follower.stop()
  }

  /** Calls the snapshots that wait, once the streams of a batch have been written. */
  callWaiting(): void {
    if (this.#waiting.length === 0) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const call of waiting) call()
  }
}
