import type { EventwireError } from '../../shared/errors.ts'
import type { Decoder } from '../../shared/events/codec.ts'
import type { DecoderLookup } from '../../shared/events/define-events.ts'
import type { AnyEvents, EventOf } from '../../shared/events/event-map.ts'
import { decodePayload } from '../../shared/events/payload.ts'
import { Listeners } from '../../shared/listeners.ts'
import { report } from '../../shared/report.ts'
import { isThenable } from '../../shared/thenable.ts'
import { eventWith, type Message } from '../../shared/wire/parse.ts'
import type { CursorTracker, InFlightEvent } from './cursor-tracker.ts'
import { EventQueue } from './iterate.ts'
import type { SubscriptionState } from './subscription.ts'

type NamedListeners = Listeners<unknown, AnyEvent>
type AnyEvent = EventOf<AnyEvents>

/** The subscription, as its dispatcher notifies it. */
export interface DispatchOwner {
  /** A listener or loop was added or removed; `loopEnded`: a loop was removed. */
  consumersChanged(loopEnded?: boolean): void
  /** Data that arrived could not be used, and no listener or loop has received the error. */
  dataRefused(error: EventwireError): void
}

/** Decodes messages and delivers them, in order, to listeners and loops. */
export class Dispatcher {
  owner: DispatchOwner | undefined
  /** How many listeners there are for which a lazy subscription does not connect. */
  passive = 0
  readonly #changed = (): void => this.owner?.consumersChanged()
  readonly any: Listeners<AnyEvent> = new Listeners(this.#changed)
  readonly errors: Listeners<EventwireError> = new Listeners()
  readonly #named: Map<string, NamedListeners> = new Map()
  /** Called once with each name, when it gets its first listener. */
  #onName: ((type: string) => void) | undefined
  readonly #queues = new Set<EventQueue<AnyEvent>>()
  readonly #lookup: DecoderLookup
  readonly #cursor: CursorTracker
  #last: string | undefined
  #lastNamed: NamedListeners | undefined
  #lastType: Decoder | undefined
  #chain: Promise<void> | undefined
  #closed = false

  constructor(lookup: DecoderLookup, cursor: CursorTracker) {
    this.#lookup = lookup
    this.#cursor = cursor
  }

  /** How many listeners and loops there are, apart from the passive ones. */
  get consumers(): number {
    let count = this.#queues.size + this.any.list.length - this.passive
    for (const { list } of this.#named.values()) count += list.length
    return count
  }

  listen(type: string): NamedListeners {
    let listeners = this.#named.get(type)
    if (!listeners) {
      listeners = new Listeners(this.#changed)
      this.#named.set(type, listeners)
      this.#last = undefined
      this.#onName?.(type)
    }
    return listeners
  }

  /** Reports the names of listeners, present and later ones, to a transport that needs them. */
  onName(listener: (type: string) => void): void {
    this.#onName = listener
    for (const type of this.#named.keys()) listener(type)
  }

  /** Opens a loop; one opened after the end finds it. */
  iterate(types: readonly string[], state: SubscriptionState): EventQueue<AnyEvent> {
    const queue = new EventQueue<AnyEvent>(this, types)
    if (state.status === 'closed') queue.end(state.error)
    else {
      this.#queues.add(queue)
      this.#changed()
    }
    return queue
  }

  /** Runs a task behind those that wait for an asynchronous schema, or at once when there is none. */
  runInOrder(task: () => unknown): void {
    const run = () => (this.#closed ? undefined : task())
    const result = this.#chain ? this.#chain.then(run) : run()
    if (!isThenable(result)) return
    const chain = Promise.resolve(result).then(() => {
      if (this.#chain === chain) this.#chain = undefined
    })
    this.#chain = chain
  }

  /** Resolves when a pending decode or a full queue no longer blocks the reading of the body; `undefined` when neither does. */
  ready(): Promise<void> | undefined {
    if (this.#chain) return this.#chain
    for (const queue of this.#queues) {
      const room = queue.room()
      if (room) return room
    }
    return undefined
  }

  /** Takes a message: at once when nothing waits, which is nearly always, else behind what does. */
  accept(message: Message): void {
    if (this.#chain) this.runInOrder(() => this.#deliver(message))
    else {
      const waiting = this.#deliver(message)
      if (waiting) this.runInOrder(() => waiting)
    }
  }

  /** One event of a name is mostly followed by another: looked up once. */
  #lookUp(type: string): void {
    this.#last = type
    this.#lastNamed = this.#named.get(type)
    this.#lastType = this.#lookup(type)
  }

  /** A promise when the schema is asynchronous. */
  #deliver({ type, data: raw, id, topics }: Message): Promise<void> | undefined {
    const inFlight = this.#cursor.track(id)
    if (type !== this.#last) this.#lookUp(type)
    const named = this.#lastNamed
    const wireType = this.#lastType
    if (wireType && (named?.list.length || this.any.list.length || this.#loopWants(type))) {
      let data: unknown
      try {
        data = decodePayload(wireType, type, raw, id)
      } catch (error) {
        return this.#refuse(type, error as EventwireError, inFlight)
      }
      if (isThenable(data)) {
        return Promise.resolve(data).then(
          (data) => this.#emit(named, eventWith(type, data, id, topics), raw.length, inFlight),
          (error) => this.#refuse(type, error, inFlight),
        )
      }
      const only = named?.only
      if (only !== undefined && this.any.list.length === 0 && this.#queues.size === 0) {
        try {
          only(data, eventWith(type, data, id, topics))
        } catch (error) {
          report(error)
        }
        this.settle(inFlight)
      } else this.#emit(named, eventWith(type, data, id, topics), raw.length, inFlight)
    } else this.settle(inFlight)
    return undefined
  }

  #loopWants(type: string): boolean {
    for (const queue of this.#queues) if (queue.wants(type)) return true
    return false
  }

  #emit(named: NamedListeners | undefined, event: AnyEvent, size: number, inFlight: InFlightEvent | undefined): void {
    if (this.#closed) return
    named?.emit(event.data, event)
    if (this.any.list.length > 0) this.any.emit(event)
    // An iterator costs more than the rest of this, for a set that is mostly empty.
    if (this.#queues.size > 0)
      for (const queue of this.#queues) if (queue.wants(event.type)) queue.push(event, size, inFlight)
    this.settle(inFlight)
  }

  /** A payload that cannot be decoded goes to `onError`, else it ends the loops that asked for its name, else to the owner. */
  #refuse(type: string, error: EventwireError, inFlight: InFlightEvent | undefined): undefined {
    this.settle(inFlight)
    if (this.#closed || this.errors.emit(error)) return
    let received = false
    for (const queue of this.#queues) {
      if (!queue.wants(type)) continue
      received = true
      queue.end(error)
      this.detach(queue)
    }
    if (!received) this.owner?.dataRefused(error)
  }

  /** Emits an error that ends nothing. One that data caused, not the user's code, never ends the process either. */
  emitError(error: EventwireError): void {
    if (this.#closed || this.errors.emit(error)) return
    if (error.code === 'callback-failed') report(error)
    else this.owner?.dataRefused(error)
  }

  settle(inFlight: InFlightEvent | undefined): void {
    if (inFlight) this.#cursor.settle(inFlight)
  }

  detach(queue: EventQueue<AnyEvent>): boolean {
    this.#queues.delete(queue)
    this.owner?.consumersChanged(true)
    return this.#closed
  }

  /** Stops delivery; `silent` drops the events still queued for loops. @returns whether a loop receives the end. */
  close(silent: boolean, error?: unknown): boolean {
    const reachesLoop = this.#queues.size > 0
    this.#closed = true
    for (const listeners of this.#named.values()) listeners.clear()
    this.any.clear()
    this.errors.clear()
    for (const queue of this.#queues) {
      if (silent) queue.clear()
      queue.end(error)
    }
    this.#queues.clear()
    return reachesLoop
  }
}
