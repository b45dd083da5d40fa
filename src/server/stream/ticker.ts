/** How many ticks the shortest interval of a stream has; a task waits for one fewer at most. */
const TICKS = 16
/** With nothing shorter to watch, a stream is looked at this often at least. */
const LONGEST_TICK = 1_000

/** Something that a ticker runs. */
export interface TickerTask {
  /** The tick of its next run, for the ticker alone. */
  due: number
  /** @returns in how many ticks to run again; 0 for never. */
  onTick(): number
}

/** One timer for all streams with the same shortest interval. Each tick compares a number for each task and runs those that are due. */
export class Ticker {
  /** Counts for ever: the time, as coarsely as it is needed and without a clock. */
  now = 0
  readonly tick: number
  /** The `setInterval` in force at creation: fake timers replace the global one, and a ticker must not outlive them. */
  readonly timers: typeof setInterval = setInterval
  readonly #tasks = new Set<TickerTask>()
  #timer: ReturnType<typeof setInterval> | undefined

  constructor(tick: number) {
    this.tick = tick
  }

  add(task: TickerTask, ticks: number): void {
    this.schedule(task, ticks)
    this.#tasks.add(task)
    this.#timer ??= this.#start()
  }

  /** Runs a task at another time than it said. */
  schedule(task: TickerTask, ticks: number): void {
    task.due = this.now + Math.max(1, Math.min(ticks, TICKS - 1))
  }

  remove(task: TickerTask): void {
    if (!this.#tasks.delete(task) || this.#tasks.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
    if (tickers.get(this.tick) === this) tickers.delete(this.tick)
  }

  #start(): ReturnType<typeof setInterval> {
    const timer = setInterval(() => this.#turn(), this.tick)
    unref(timer)
    return timer
  }

  #turn(): void {
    this.now++
    for (const task of this.#tasks) {
      if (task.due > this.now) continue
      const ticks = task.onTick()
      if (ticks === 0) this.remove(task)
      else this.schedule(task, ticks)
    }
  }
}

const tickers = new Map<number, Ticker>()

/** On workerd a timer belongs to the request that made it. */
const SHARED = globalThis.navigator?.userAgent !== 'Cloudflare-Workers'

/** The ticker for a stream whose shortest interval is this many milliseconds. */
export function tickerFor(shortest: number): Ticker {
  const tick = Math.max(1, Math.min(Math.floor(shortest / TICKS), LONGEST_TICK))
  if (!SHARED) return new Ticker(tick)
  let ticker = tickers.get(tick)
  if (ticker?.timers !== setInterval) {
    ticker = new Ticker(tick)
    tickers.set(tick, ticker)
  }
  return ticker
}

/** A heartbeat must not keep a process alive; the connection does that. */
function unref(timer: unknown): void {
  if (typeof timer === 'object') (timer as { unref?(): void }).unref?.()
  else (globalThis as { Deno?: { unrefTimer(timer: unknown): void } }).Deno?.unrefTimer(timer)
}
