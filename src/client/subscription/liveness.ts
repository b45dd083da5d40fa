import { EventwireError } from '../../shared/errors.ts'
import { HEARTBEAT_COMMENT, MAX_TIMER } from '../../shared/wire/names.ts'
import type { SubscribeOptions } from '../options.ts'

/** By how many heartbeats the silence is measured. */
export const MISSED_HEARTBEATS = 2.5
/** An announced heartbeat under this many milliseconds is not believed: other servers announce seconds. */
export const SHORTEST_HEARTBEAT = 1_000

/** Reports a connection that has been silent for too long. */
export class Watchdog {
  /** `idleTimeout` is `'auto'`: it follows from the heartbeat that the server announces. */
  readonly #auto: boolean
  /**
   * The heartbeat to expect, in milliseconds, 0 for none: what `idleTimeout` comes to, or the server's; that holds for the next
   * attempt too, until that is accepted.
   */
  #heartbeat: number
  #last = 0
  #paused = false
  #timer: ReturnType<typeof setTimeout> | undefined
  readonly #onIdle: (error: EventwireError) => void

  constructor({ idleTimeout = 'auto' }: SubscribeOptions<any>, onIdle: (error: EventwireError) => void) {
    this.#auto = idleTimeout === 'auto'
    this.#heartbeat = this.#auto ? 0 : Number(idleTimeout) / MISSED_HEARTBEATS
    this.#onIdle = onIdle
  }

  start(): void {
    this.stop()
    this.touch()
    if (this.#heartbeat > 0) this.#arm(this.#heartbeat * MISSED_HEARTBEATS)
  }

  /** A connection was accepted: its server has to announce a heartbeat anew. */
  opened(): void {
    if (this.#auto) this.#expect(0)
  }

  /** The first comment of a connection may announce its heartbeat. */
  announced(comment: string): void {
    if (!this.#auto || !comment.startsWith(HEARTBEAT_COMMENT)) return
    const heartbeat = Number(comment.slice(HEARTBEAT_COMMENT.length))
    if (heartbeat >= SHORTEST_HEARTBEAT) this.#expect(heartbeat)
  }

  #expect(heartbeat: number): void {
    this.#heartbeat = heartbeat
    this.start()
  }

  /** Pauses while the body is not read. */
  pause(paused: boolean): void {
    if (paused) this.stop()
    else if (this.#paused) this.start()
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
        else
          this.#onIdle(
            new EventwireError('idle', `no bytes arrived for ${Math.round(this.#heartbeat * MISSED_HEARTBEATS)} ms`),
          )
      },
      Math.min(delay, MAX_TIMER),
    )
  }
}
