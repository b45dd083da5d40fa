import { isOpen, onSilence, onTimeout, settings, sink } from './internal.ts'
import type { Settings } from './settings.ts'
import { type SharedTimer, sharedTimerFor, type TimerTask } from './shared-timer.ts'
import type { Sink } from './sink.ts'

/** Ticks that do not come; a small integer, which costs an engine less than `Infinity`. */
const NEVER = 0x3fffffff

/** What a heartbeat asks of its stream. */
export interface Beating {
  readonly [settings]: Settings
  /** Not closed; the last bytes of a closed one may still wait. */
  readonly [isOpen]: boolean
  readonly [sink]: Sink
  /** Nothing was sent for almost an interval. */
  [onSilence](): void
  /** Bytes wait and none was taken for `stallTimeout`, or the age or the time given to the last bytes is over. */
  [onTimeout](reason: 'stalled' | 'expired'): void
}

/** Watches one stream: silence, stalls and age. All times are in ticks of the shared timer. */
export class Heartbeat implements TimerTask {
  dueAt = 0
  index = -1
  readonly #timer: SharedTimer
  readonly #stream: Beating
  #sentAt: number
  /** When bytes were last seen to be taken, or began to wait. */
  #movedAt: number
  #expiresAt: number
  /** What would wait if nothing were taken from now on. */
  #untaken = 0
  #inFlight = 0

  constructor(stream: Beating, timer: SharedTimer) {
    const { maxDuration } = stream[settings]
    this.#timer = timer
    this.#stream = stream
    this.#sentAt = this.#movedAt = timer.now
    this.#expiresAt =
      maxDuration === false
        ? timer.now + NEVER
        : timer.now + Math.floor((maxDuration * (1 - 0.2 * Math.random())) / timer.tick)
    this.#untaken = stream[sink].buffered
    timer.schedule(this, this.#untilNext(this.#untaken > 0))
  }

  /** Bytes are about to be written. */
  wrote(bytes: number): void {
    this.#sentAt = this.#timer.now
    if (this.#stream[sink].buffered === 0) {
      this.#untaken = 0
      this.#movedAt = this.#sentAt
    }
    this.#untaken += bytes
  }

  /** The stream has ended; its last bytes get `stallTimeout`. */
  ending(): void {
    this.#expiresAt = this.#timer.now + this.#stallTicks()
    this.#timer.schedule(this, 1)
  }

  stop(): void {
    this.#timer.remove(this)
  }

  run(): number {
    const { now } = this.#timer
    const target = this.#stream[sink]
    const waiting = target.buffered > 0
    if (!waiting && !this.#stream[isOpen]) return 0
    if (now >= this.#expiresAt) {
      this.#stream[onTimeout]('expired')
      return 0
    }
    if (!waiting || target.buffered < this.#untaken || target.inFlight !== this.#inFlight) this.#movedAt = now
    this.#untaken = target.buffered
    this.#inFlight = target.inFlight
    if (waiting && now - this.#movedAt >= this.#stallTicks()) {
      this.#stream[onTimeout]('stalled')
      return 0
    }
    if (!waiting && now - this.#sentAt >= this.#beatTicks()) {
      this.#sentAt = now
      this.#stream[onSilence]()
    }
    return this.#untilNext(waiting)
  }

  #untilNext(waiting: boolean): number {
    const next = waiting ? this.#movedAt + this.#stallTicks() : this.#sentAt + this.#beatTicks()
    return Math.min(next, this.#expiresAt) - this.#timer.now
  }

  #stallTicks(): number {
    const { stallTimeout } = this.#stream[settings]
    return stallTimeout === false ? NEVER : Math.ceil(stallTimeout / this.#timer.tick)
  }

  /** One tick short of the interval: what was sent late in a tick counts from its beginning, and timers come late. */
  #beatTicks(): number {
    const { heartbeat } = this.#stream[settings]
    return heartbeat === false ? NEVER : Math.max(1, Math.floor(heartbeat / this.#timer.tick) - 1)
  }
}

/** A watch over a stream, unless there is nothing to watch. */
export function startHeartbeat(stream: Beating): Heartbeat | undefined {
  const { heartbeat, stallTimeout, maxDuration } = stream[settings]
  const shortest = Math.min(heartbeat || Infinity, stallTimeout || Infinity, maxDuration || Infinity)
  return shortest === Infinity ? undefined : new Heartbeat(stream, sharedTimerFor(shortest))
}
