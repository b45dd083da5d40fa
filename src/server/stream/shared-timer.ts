/** The shortest interval of a stream is divided into this many ticks. */
const TICKS = 16
/** The longest tick in milliseconds, for streams that watch nothing shorter. */
const LONGEST_TICK = 1_000

/** A task of a shared timer, for example the heartbeat of one stream. */
export interface TimerTask {
  /** The tick at which it runs next, and its place among the tasks, -1 while it has none. Written by the timer. */
  dueAt: number
  index: number
  /** @returns the number of ticks until it runs again, 0 to remove it. */
  run(): number
}

/**
 * One `setInterval` for all streams with the same shortest interval. Each tick looks at every task: for 100,000 streams that
 * is less than a millisecond of CPU a second, so a timing wheel does not pay.
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

  /** Runs a task after that many ticks; one that is due later than a full round runs after the round. */
  schedule(task: TimerTask, ticks: number): void {
    task.dueAt = this.now + Math.max(1, Math.min(ticks, TICKS - 1))
    if (task.index < 0) task.index = this.#tasks.push(task) - 1
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
    const timer = setInterval(() => this.#onTick(), this.tick)
    unref(timer)
    return timer
  }

  #onTick(): void {
    this.now++
    // From the end, because `remove` fills a hole with the last task, which has been looked at by then.
    for (let index = this.#tasks.length - 1; index >= 0; index--) {
      const task = this.#tasks[index]
      if (task === undefined || task.dueAt > this.now) continue
      const ticks = task.run()
      // A task that has scheduled or removed itself meanwhile has decided.
      if (task.dueAt > this.now || task.index < 0) continue
      if (ticks === 0) this.remove(task)
      else this.schedule(task, ticks)
    }
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
function unref(timer: unknown): void {
  if (typeof timer === 'object') (timer as { unref?(): void }).unref?.()
  else (globalThis as { Deno?: { unrefTimer(timer: unknown): void } }).Deno?.unrefTimer(timer)
}
