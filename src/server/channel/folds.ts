import type { EventwireError } from '../../shared/errors.ts'
import type { Follower as Fold, Following } from '../../shared/fold/source.ts'
import type { Cursor, LogEntry } from '../log/event-log.ts'
import { type FoldsSource, Follower, type FollowerOwner } from './follower.ts'

/** The folds of a channel, and the snapshots that wait until all folds are exact. */
export class Folds implements FollowerOwner {
  readonly source: FoldsSource
  readonly report: (error: EventwireError) => void
  readonly #followers = new Set<Follower>()
  #waiting: (() => void)[] = []

  constructor(source: FoldsSource, report: (error: EventwireError) => void) {
    this.source = source
    this.report = report
  }

  add(types: readonly string[], fold: Fold): Following {
    this.#followers.add(new Follower(this, types, fold))
    return { flush: this.source.live.flush }
  }

  /**
   * Calls back with the position at which the states of all folds are exact, at once or later. Without folds it passes no position:
   * any will do.
   */
  whenExact(call: (position?: Cursor) => void): void {
    if (this.#followers.size > 0) this.source.live.flush()
    const positions = new Set([...this.#followers].map(({ current }) => current))
    const [position] = positions
    if (positions.size > 1 || positions.has(undefined)) {
      this.#waiting.push(() => this.whenExact(call))
    } else call(position)
  }

  receive(entries: readonly LogEntry[], before: Cursor): void {
    for (const follower of this.#followers) follower.receive(entries, before)
  }

  lose(): void {
    for (const follower of this.#followers) follower.lose()
  }

  stop(): void {
    for (const follower of this.#followers) follower.stop()
  }

  /** Calls the snapshots that wait, once the streams of a batch have been written. */
  callWaiting(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const call of waiting) call()
  }
}
