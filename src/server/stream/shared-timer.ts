/** The shortest interval of a stream is divided into this many ticks. */
export const TICKS = 16
/** The longest tick in milliseconds, for streams that watch nothing shorter. */
const LONGEST_TICK = 1_000

/** A task of a shared timer, for example the heartbeat of one stream. */
export interface TimerTask {
  /** Its place among the tasks, -1 while it has none. Written by the timer. */
  index: number
  /** Runs at each tick, and again when another task removes a third one in that tick. It may add and remove tasks. */
  onTick(now: number): void
}

/**
 * One `setInterval` for all streams with the same shortest interval. Each tick runs every task, most of which compare
 * one number: for 100,000 streams that is about a millisecond of CPU a second, so a timing wheel does not pay.
 */
export class SharedTimer {
  /** The current tick. It only counts up, so no clock is read. */
  now = 0
  /** Milliseconds between two ticks. */
  readonly tick: number
  /** The `setInterval` in force at creation. Fake timers replace the global one, and this timer must not outlive them. */
  readonly timers: typeof setInterval = setInterval
  /** An array and not a set: a sweep of a set takes nearly twice as long. */
  readonly #tasks: TimerTask[] = []
  #timer: ReturnType<typeof setInterval> | undefined

  constructor(tick: number) {
    this.tick = tick
  }

  add(task: TimerTask): void {
    task.index = this.#tasks.push(task) - 1
    this.#timer ??= this.#start()
  }

  remove(task: TimerTask): void {
    const { index } = task
    if (index < 0) return
    const last = this.#tasks.pop()!
    if (last !== task) {
      this.#tasks[index] = last
      last.index = index
    }
    task.index = -1
    if (this.#tasks.length > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
    if (sharedTimers.get(this.tick) === this) sharedTimers.delete(this.tick)
  }

  #start(): ReturnType<typeof setInterval> {
    const timer = setInterval(() => {
      this.now++
      // From the end: `remove` fills a hole with the last task, which has run by then, so none is left out.
      for (let index = this.#tasks.length; index-- > 0; ) this.#tasks[index]?.onTick(this.now)
    }, this.tick)
    unref(timer)
    return timer
  }
}

const sharedTimers = new Map<number, SharedTimer>()

/** On workerd a timer belongs to the request that created it. */
const SHARED = globalThis.navigator?.userAgent !== 'Cloudflare-Workers'

/** The timer for a stream whose shortest interval is that many milliseconds. */
export function sharedTimerFor(shortest: number): SharedTimer {
  const tick = Math.max(1, Math.min(Math.floor(shortest / TICKS), LONGEST_TICK))
  if (!SHARED) return new SharedTimer(tick)
  let timer = sharedTimers.get(tick)
  if (timer?.timers !== setInterval) {
    timer = new SharedTimer(tick)
    sharedTimers.set(tick, timer)
  }
  return timer
}

/** A heartbeat must not keep a process alive; the connection does that. */
export function unref(timer: unknown): void {
  if (typeof timer === 'object') (timer as { unref?(): void }).unref?.()
  else (globalThis as { Deno?: { unrefTimer(timer: unknown): void } }).Deno?.unrefTimer(timer)
}
