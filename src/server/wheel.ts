/** Into how many ticks the shortest interval of a stream is cut. */
const TICKS = 16
/** With nothing shorter to watch, a stream is looked at this often at least. */
const LONGEST_TICK = 1_000

/** Something that a wheel visits. */
export interface Visited {
  /** Where the wheel keeps it; for the wheel alone. */
  slot: Set<Visited> | undefined
  /** @returns in how many ticks to come again; 0 for never. */
  visit(): number
}

/** One timer for all streams with the same shortest interval; each is visited when something may be due. */
export class Wheel {
  /** Counts on for ever: the time, as coarsely as it is needed and without a clock. */
  now = 0
  readonly tick: number
  readonly #slots: Set<Visited>[] = Array.from({ length: TICKS }, () => new Set())
  #size = 0
  #timer: ReturnType<typeof setInterval> | undefined

  constructor(tick: number) {
    this.tick = tick
  }

  add(visited: Visited, ticks: number): void {
    this.#place(visited, ticks)
    this.#size++
    this.#timer ??= this.#start()
  }

  /** Visits it earlier than it said. */
  move(visited: Visited, ticks: number): void {
    if (visited.slot === undefined) return
    visited.slot.delete(visited)
    this.#place(visited, ticks)
  }

  remove(visited: Visited): void {
    if (visited.slot === undefined) return
    visited.slot.delete(visited)
    visited.slot = undefined
    this.#size--
    if (this.#size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
    if (wheels.get(this.tick) === this) wheels.delete(this.tick)
  }

  #place(visited: Visited, ticks: number): void {
    const slot = this.#slots[(this.now + Math.max(1, Math.min(ticks, TICKS - 1))) % TICKS]!
    visited.slot = slot
    slot.add(visited)
  }

  #start(): ReturnType<typeof setInterval> {
    const timer = setInterval(() => this.#turn(), this.tick)
    unref(timer)
    return timer
  }

  #turn(): void {
    this.now++
    const slot = this.#slots[this.now % TICKS]!
    for (const visited of slot) {
      const ticks = visited.visit()
      if (visited.slot !== slot) continue
      if (ticks === 0) this.remove(visited)
      else this.move(visited, ticks)
    }
  }
}

const wheels = new Map<number, Wheel>()

/** On workerd a timer belongs to the request that made it. */
const SHARED = globalThis.navigator?.userAgent !== 'Cloudflare-Workers'

/** The wheel for a stream whose shortest interval is this many milliseconds. */
export function wheelFor(shortest: number): Wheel {
  const tick = Math.max(1, Math.min(Math.floor(shortest / TICKS), LONGEST_TICK))
  if (!SHARED) return new Wheel(tick)
  let wheel = wheels.get(tick)
  if (wheel === undefined) {
    wheel = new Wheel(tick)
    wheels.set(tick, wheel)
  }
  return wheel
}

/** A heartbeat must not keep a process alive; the connection does that. */
function unref(timer: unknown): void {
  if (typeof timer === 'object') (timer as { unref?(): void }).unref?.()
  else (globalThis as { Deno?: { unrefTimer(timer: unknown): void } }).Deno?.unrefTimer(timer)
}
