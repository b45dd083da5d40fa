import type { Cursor, EventLog } from '../log/event-log.ts'
import { unref } from '../stream/shared-timer.ts'
import { CHECK, check, type Vigil } from './protocol.ts'
import type { RunsSettings } from './settings.ts'
import { take } from './steps.ts'

/** Told what becomes of a producer elsewhere. */
export interface WatchOwner {
  /** Whether anybody reads here. Otherwise the first sign of life ends the watch. */
  readonly isRead: boolean
  /** The log has forgotten the run. */
  onGone(): void
  /** The watch has ended. */
  onEnd(): void
}

/** Watches the producer of a run that another process has, and reports it lost when it is silent for a lease. */
export class Watch {
  readonly #settings: RunsSettings
  readonly #log: EventLog
  readonly #owner: WatchOwner
  readonly #vigil: Vigil
  #timer: ReturnType<typeof setTimeout> | undefined
  #isOver = false

  constructor(settings: RunsSettings, log: EventLog, head: Cursor, owner: WatchOwner) {
    this.#settings = settings
    this.#log = log
    this.#owner = owner
    this.#vigil = { head, quiet: 0, due: performance.now() + settings.lease * CHECK }
    this.#wait()
  }

  stop(): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#timer)
    this.#owner.onEnd()
  }

  #wait(): void {
    this.#timer = setTimeout(() => this.#check(), Math.max(0, this.#vigil.due - performance.now()))
    unref(this.#timer)
  }

  async #check(): Promise<void> {
    const { lease, farewell } = this.#settings
    let found: 'alive' | 'silent' | 'over' | 'gone' | 'unknown'
    try {
      found = await take(check(this.#vigil, lease, farewell), this.#log)
    } catch {
      // The channel of the readers reports failures of the log.
      this.#vigil.quiet = 0
      this.#vigil.due = performance.now() + lease * CHECK
      found = 'unknown'
    }
    if (this.#isOver) return
    if (found === 'silent' || (this.#owner.isRead && (found === 'alive' || found === 'unknown'))) {
      this.#wait()
      return
    }
    this.stop()
    if (found === 'gone') this.#owner.onGone()
  }
}
