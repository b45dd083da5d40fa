import { MAX_TIMER } from '../../shared/wire/names.ts'

/** By how many heartbeats the silence is measured. */
export const PATIENCE = 2.5

/** Calls back after too long a silence. `beat` is the heartbeat in milliseconds, 0 without one. */
export class Watchdog {
  #beat = 0
  #last = 0
  #paused = false
  #timer: ReturnType<typeof setTimeout> | undefined
  readonly #silent: () => void

  constructor(silent: () => void) {
    this.#silent = silent
  }

  start(beat: number): void {
    this.stop()
    this.#beat = beat
    this.touch()
    if (beat > 0) this.#arm(beat * PATIENCE)
  }

  /** Stands still while nobody reads. */
  pause(paused: boolean): void {
    if (paused) this.stop()
    else if (this.#paused) this.start(this.#beat)
    this.#paused = paused
  }

  touch(): void {
    this.#last = Date.now()
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #arm(delay: number, graced = false): void {
    const due = Date.now() + delay
    this.#timer = setTimeout(
      () => {
        const now = Date.now()
        // The clock may have been set back.
        this.#last = Math.min(this.#last, now)
        const left = this.#last - now + this.#beat * PATIENCE
        if (left > 0) this.#arm(left)
        else if (!graced && now - due > this.#beat) this.#arm(this.#beat, true)
        else this.#silent()
      },
      Math.min(delay, MAX_TIMER),
    )
  }
}
