import { MAX_TIMER } from '../../shared/wire/names.ts'

/** By how many heartbeats the silence is measured. */
export const MISSED_HEARTBEATS = 2.5

/** Calls back after too long a silence. `heartbeat` is the heartbeat in milliseconds, 0 without one. */
export class Watchdog {
  #heartbeat = 0
  #last = 0
  #paused = false
  #timer: ReturnType<typeof setTimeout> | undefined
  readonly #onTimeout: () => void

  constructor(onTimeout: () => void) {
    this.#onTimeout = onTimeout
  }

  start(heartbeat: number): void {
    this.stop()
    this.#heartbeat = heartbeat
    this.touch()
    if (heartbeat > 0) this.#arm(heartbeat * MISSED_HEARTBEATS)
  }

  /** Stands still while nobody reads. */
  pause(paused: boolean): void {
    if (paused) this.stop()
    else if (this.#paused) this.start(this.#heartbeat)
    this.#paused = paused
  }

  touch(): void {
    this.#last = Date.now()
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #arm(delay: number, extended = false): void {
    const due = Date.now() + delay
    this.#timer = setTimeout(
      () => {
        const now = Date.now()
        // The clock may have been set back.
        this.#last = Math.min(this.#last, now)
        const left = this.#last - now + this.#heartbeat * MISSED_HEARTBEATS
        if (left > 0) this.#arm(left)
        else if (!extended && now - due > this.#heartbeat) this.#arm(this.#heartbeat, true)
        else this.#onTimeout()
      },
      Math.min(delay, MAX_TIMER),
    )
  }
}
