import { MAX_TIMER } from '../shared/wire/names.ts'

/** Above the ids that engines use. Ids continue from clock to clock, so that a stale id clears no timer of the next clock. */
const FIRST_ID = 1_000_000_000
let nextId = FIRST_ID

type Callback = (...args: any[]) => void

interface Task {
  due: number
  readonly delay: number
  readonly repeats: boolean
  readonly run: () => void
}

/** The timers of a test clock: they run when the test advances the time. */
export class Timers {
  now: number
  readonly #tasks = new Map<number, Task>()
  readonly #clearReal = globalThis.clearTimeout
  readonly #objects: boolean = givesObjects()

  constructor(now: number) {
    this.now = now
  }

  get size(): number {
    return this.#tasks.size
  }

  readonly setTimeout = (run: Callback, delay?: number, ...args: unknown[]): unknown =>
    this.#start(false, delay, () => run(...args))

  readonly setInterval = (run: Callback, delay?: number, ...args: unknown[]): unknown =>
    this.#start(true, delay, () => run(...args))

  /** Also clears timers of the engine that were set before the clock was created. */
  readonly clear = (timer: any): void => {
    const id = Number(timer)
    if (id >= FIRST_ID) this.#tasks.delete(id)
    else this.#clearReal.call(globalThis, timer)
  }

  /** Runs the earliest timer that is due by then, at its time. Returns `false` when there is none. */
  runNext(until: number): boolean {
    let next: readonly [id: number, task: Task] | undefined
    for (const entry of this.#tasks) if (entry[1].due <= until && !(next && next[1].due <= entry[1].due)) next = entry
    if (next === undefined) return false
    const [id, task] = next
    this.now = Math.max(this.now, task.due)
    if (task.repeats) this.#plan(id, task)
    else this.#tasks.delete(id)
    task.run()
    return true
  }

  drop(): void {
    this.#tasks.clear()
  }

  #start(repeats: boolean, delay: unknown, run: () => void): unknown {
    const whole = Math.trunc(Number(delay))
    // As engines do. An interval of 0 would also keep the time from advancing.
    const task = { due: 0, delay: whole >= 1 && whole <= MAX_TIMER ? whole : 1, repeats, run }
    const id = nextId++
    this.#plan(id, task)
    return this.#objects ? this.#toObject(id, task) : id
  }

  #plan(id: number, task: Task): void {
    // Queues behind timers that are due at the same time.
    this.#tasks.delete(id)
    task.due = this.now + task.delay
    this.#tasks.set(id, task)
  }

  /** The object that server runtimes return. A timer of a test never keeps the process alive, referenced or not. */
  #toObject(id: number, task: Task): object {
    let referenced = true
    const timer = {
      ref: () => {
        referenced = true
        return timer
      },
      unref: () => {
        referenced = false
        return timer
      },
      hasRef: () => referenced,
      refresh: () => {
        this.#plan(id, task)
        return timer
      },
      close: () => {
        this.clear(id)
        return timer
      },
      [Symbol.toPrimitive]: () => id,
      [Symbol.dispose]: () => this.clear(id),
    }
    return timer
  }
}

/** Browsers give numbers. */
function givesObjects(): boolean {
  const timer: unknown = setTimeout(() => {})
  clearTimeout(timer as number)
  return typeof timer === 'object'
}
