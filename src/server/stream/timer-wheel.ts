/** Into how many ticks the shortest interval of a stream is cut. */
const TICKS = 16
/** With nothing shorter to watch, a stream is looked at this often at least. */
const LONGEST_TICK = 1_000

/** A place in a ring: a slot is a ring with one place that nobody has. */
interface Place {
  previous: Place | undefined
  next: Place | undefined
}

/** Something that a wheel visits; its place is for the wheel alone. */
export interface Visited extends Place {
  /** @returns in how many ticks to come again; 0 for never. */
  visit(): number
}

/** One timer for all streams with the same shortest interval; each is visited when something may be due. */
export class Wheel {
  /** Counts on for ever: the time, as coarsely as it is needed and without a clock. */
  now = 0
  readonly tick: number
  /** By whose time it turns: that of a test comes and goes. */
  readonly timers: typeof setInterval = setInterval
  readonly #slots: Place[] = Array.from({ length: TICKS }, emptySlot)
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

  /** Visits it at another time than it said. */
  move(visited: Visited, ticks: number): void {
    if (visited.next === undefined) return
    unlink(visited)
    this.#place(visited, ticks)
  }

  remove(visited: Visited): void {
    if (visited.next === undefined) return
    unlink(visited)
    this.#size--
    if (this.#size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
    if (wheels.get(this.tick) === this) wheels.delete(this.tick)
  }

  #place(visited: Visited, ticks: number): void {
    link(visited, this.#slots[(this.now + Math.max(1, Math.min(ticks, TICKS - 1))) % TICKS]!)
  }

  #start(): ReturnType<typeof setInterval> {
    const timer = setInterval(() => this.#turn(), this.tick)
    unref(timer)
    return timer
  }

  #turn(): void {
    this.now++
    const slot = this.#slots[this.now % TICKS]!
    while (slot.next !== slot) {
      const visited = slot.next as Visited
      const ticks = visited.visit()
      // A visit may have moved or removed it already, and others with it.
      if (slot.next !== visited) continue
      if (ticks === 0) this.remove(visited)
      else this.move(visited, ticks)
    }
  }
}

function emptySlot(): Place {
  const slot: Place = { previous: undefined, next: undefined }
  slot.previous = slot.next = slot
  return slot
}

function link(place: Place, slot: Place): void {
  place.previous = slot.previous
  place.next = slot
  slot.previous!.next = place
  slot.previous = place
}

function unlink(place: Place): void {
  place.previous!.next = place.next
  place.next!.previous = place.previous
  place.previous = place.next = undefined
}

const wheels = new Map<number, Wheel>()

/** On workerd a timer belongs to the request that made it. */
const SHARED = globalThis.navigator?.userAgent !== 'Cloudflare-Workers'

/** The wheel for a stream whose shortest interval is this many milliseconds. */
export function wheelFor(shortest: number): Wheel {
  const tick = Math.max(1, Math.min(Math.floor(shortest / TICKS), LONGEST_TICK))
  if (!SHARED) return new Wheel(tick)
  let wheel = wheels.get(tick)
  if (wheel?.timers !== setInterval) {
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
