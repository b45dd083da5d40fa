import type { InFlightEvent } from './cursor-tracker.ts'

const MOST_EVENTS = 1024
const MOST_BYTES = 1024 * 1024

interface QueuedEvent<Event> {
  readonly event: Event
  readonly size: number
  readonly inFlight: InFlightEvent | undefined
}

/** The part of the subscription that a queue uses. */
interface EventQueueOwner {
  settle(inFlight: InFlightEvent | undefined): void
  /** The loop has ended. @returns whether that closed the subscription. */
  detach(queue: EventQueue<any>): boolean
}

/** The bounded queue behind one loop. */
export class EventQueue<Event> implements AsyncIterator<Event, undefined> {
  readonly #owner: EventQueueOwner
  readonly #types: readonly string[]
  #items: QueuedEvent<Event>[] = []
  #bytes = 0
  #readers: ((result: IteratorResult<Event, undefined> | Promise<never>) => void)[] = []
  /** The event being processed. It counts as handled when the loop requests the next one. */
  #current: InFlightEvent | undefined
  #ended = false
  #error: unknown
  #makeRoom: (() => void) | undefined

  constructor(owner: EventQueueOwner, types: readonly string[]) {
    this.#owner = owner
    this.#types = types
  }

  wants(type: string): boolean {
    return this.#types.length === 0 || this.#types.includes(type)
  }

  push(event: Event, size: number, inFlight: InFlightEvent | undefined): void {
    if (inFlight) inFlight.pending++
    const reader = this.#readers.shift()
    if (reader) {
      this.#take(inFlight)
      reader({ done: false, value: event })
    } else {
      this.#bytes += size
      this.#items.push({ event, size, inFlight })
    }
  }

  /** Resolves when a full queue has room again; `undefined` when it has room now. */
  room(): Promise<void> | undefined {
    if (this.#items.length < MOST_EVENTS && this.#bytes < MOST_BYTES) return
    return new Promise((resolve) => {
      this.#makeRoom = resolve
    })
  }

  /** No more events arrive; those in the queue are still delivered. */
  end(error?: unknown): void {
    if (this.#ended) return
    this.#ended = true
    this.#error = error
    for (const reader of this.#readers.splice(0)) reader(this.#last())
  }

  /** Drops the queued events. */
  clear(): void {
    this.#items = []
    this.#bytes = 0
    this.#makeRoom?.()
  }

  next(): Promise<IteratorResult<Event, undefined>> {
    this.#take()
    return new Promise((resolve) => {
      const item = this.#items.shift()
      if (item) {
        this.#bytes -= item.size
        this.#take(item.inFlight)
        this.#makeRoom?.()
        resolve({ done: false, value: item.event })
      } else if (this.#ended) resolve(this.#last())
      else this.#readers.push(resolve)
    })
  }

  return(): Promise<IteratorResult<Event, undefined>> {
    const unfinished = this.#items
    this.#error = undefined
    this.clear()
    this.end()
    if (!this.#owner.detach(this)) {
      for (const { inFlight } of unfinished) this.#owner.settle(inFlight)
      this.#take()
    }
    return Promise.resolve(this.#last())
  }

  #take(inFlight?: InFlightEvent): void {
    if (this.#current) this.#owner.settle(this.#current)
    this.#current = inFlight
  }

  #last(): IteratorResult<Event, undefined> | Promise<never> {
    const error = this.#error
    this.#error = undefined
    return error ? Promise.reject(error) : { done: true, value: undefined }
  }
}
