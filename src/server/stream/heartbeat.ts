import { isOpen, onSilence, onTimeout, settings } from './internal.ts'
import { type SharedTimer, sharedTimerFor, TICKS, type TimerTask } from './shared-timer.ts'
import type { Sink } from './sink.ts'
import type { Stream } from './stream.ts'

/** More ticks than ever pass. A small integer costs an engine less than `Infinity`. */
const NEVER = 0x3fffffff

/** Watches one stream: silence, stalls and age. All times are in ticks of the shared timer. */
export class Heartbeat implements TimerTask {
  index = -1
  readonly #timer: SharedTimer
  readonly #stream: Stream
  readonly #sink: Sink
  /** Nothing happens before this tick. */
  #dueAt: number
  #sentAt: number
  /** The tick at which bytes were last seen to be taken, or began to wait. */
  #movedAt: number
  #expiresAt: number
  /** The bytes that would wait if none were taken from now on. */
  #untaken: number
  #inFlight = 0

  constructor(stream: Stream, sink: Sink, timer: SharedTimer) {
    this.#timer = timer
    this.#stream = stream
    this.#sink = sink
    this.#dueAt = this.#sentAt = this.#movedAt = timer.now
    this.#expiresAt = timer.now + Math.floor(this.#ticks(settings(stream).maxDuration) * (1 - 0.2 * Math.random()))
    this.#untaken = sink.buffered
    timer.add(this)
  }

  /** Bytes are about to be written. */
  wrote(bytes: number): void {
    this.#sentAt = this.#timer.now
    if (this.#sink.buffered === 0) {
      this.#untaken = 0
      this.#movedAt = this.#sentAt
    }
    this.#untaken += bytes
  }

  /** The stream has ended; its last bytes get `stallTimeout`. */
  ending(): void {
    this.#dueAt = this.#timer.now
    this.#expiresAt = this.#dueAt + this.#stallTicks()
  }

  stop(): void {
    this.#timer.remove(this)
  }

  onTick(now: number): void {
    if (now < this.#dueAt) return
    const waiting = this.#sink.buffered > 0
    if (!waiting && !isOpen(this.#stream)) this.stop()
    else if (now >= this.#expiresAt) onTimeout(this.#stream, 'expired')
    else if (waiting) this.#checkStall(now)
    else this.#checkSilence(now)
  }

  #checkStall(now: number): void {
    const { buffered, inFlight } = this.#sink
    if (buffered < this.#untaken || inFlight !== this.#inFlight) this.#movedAt = now
    this.#untaken = buffered
    this.#inFlight = inFlight
    this.#wait(now, this.#movedAt + this.#stallTicks())
    if (now >= this.#dueAt) onTimeout(this.#stream, 'stalled')
  }

  #checkSilence(now: number): void {
    // One tick short of the interval: bytes sent late in a tick count from its beginning, and timers come late.
    const silence = Math.max(1, this.#ticks(settings(this.#stream).heartbeat) - 1)
    if (now - this.#sentAt >= silence) {
      this.#sentAt = now
      onSilence(this.#stream)
    }
    this.#wait(now, this.#sentAt + silence)
  }

  /** Looks again after one round at the latest: bytes may begin to wait meanwhile. */
  #wait(now: number, next: number): void {
    this.#dueAt = Math.min(next, this.#expiresAt, now + TICKS - 1)
  }

  #stallTicks(): number {
    return this.#ticks(settings(this.#stream).stallTimeout)
  }

  #ticks(duration: number | false): number {
    return duration === false ? NEVER : Math.floor(duration / this.#timer.tick)
  }
}

/** A watch over a stream, unless there is nothing to watch. */
export function startHeartbeat(stream: Stream, sink: Sink): Heartbeat | undefined {
  const { heartbeat, stallTimeout, maxDuration } = settings(stream)
  const shortest = Math.min(heartbeat || Infinity, stallTimeout || Infinity, maxDuration || Infinity)
  return shortest === Infinity ? undefined : new Heartbeat(stream, sink, sharedTimerFor(shortest))
}
