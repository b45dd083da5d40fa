import { EventwireError } from '../../shared/errors.ts'
import { byteLength } from '../../shared/wire/bytes.ts'
import { MAX_ID_BYTES } from '../../shared/wire/names.ts'
import type { CursorStorage } from '../options.ts'
import { callbackFailed } from './callback-failed.ts'

/** One event on its way through listeners and loops. */
export interface InFlightEvent {
  readonly id: string
  /** How many have not finished with it. */
  pending: number
}

/**
 * The two cursors: what was received, for reconnects, and what was finished with, for storage. Events are finished in
 * the order of their arrival, so the stored one never runs ahead of a slow loop.
 */
export class CursorTracker {
  received: string
  readonly #storage: CursorStorage | undefined
  readonly #emitError: (error: EventwireError) => void
  #loaded: boolean
  #inFlight: InFlightEvent[] = []
  #finished: string | undefined
  #writing = false
  #reportedLength = false

  constructor(
    initial: string | undefined,
    storage: CursorStorage | undefined,
    emitError: (error: EventwireError) => void,
  ) {
    this.received = initial ?? ''
    this.#storage = storage
    this.#emitError = emitError
    this.#loaded = initial !== undefined || !storage
  }

  /** The id to send with a request. An id that is too long for a header is omitted, and reported once. */
  get sendable(): string {
    const size = byteLength(this.received)
    if (size <= MAX_ID_BYTES) return this.received
    if (!this.#reportedLength) {
      this.#reportedLength = true
      const text = `id of ${size} bytes is over the limit of ${MAX_ID_BYTES}; requests go out without it`
      this.#emitError(new EventwireError('invalid-field', text))
    }
    return ''
  }

  /** Reads the storage, once. */
  async load(): Promise<void> {
    if (this.#loaded) return
    const stored = await this.#storage!.get()
    // Two attempts may read it; the second may have received an event by now.
    if (!this.#loaded) this.received = stored ?? ''
    this.#loaded = true
  }

  /** Tracks an event until its consumers have handled it; `undefined` without a storage. */
  track(id: string): InFlightEvent | undefined {
    if (!this.#storage) return undefined
    const inFlight = { id, pending: 1 }
    this.#inFlight.push(inFlight)
    return inFlight
  }

  settle(inFlight: InFlightEvent): void {
    inFlight.pending--
    while (this.#inFlight[0]?.pending === 0) this.#finished = this.#inFlight.shift()!.id
    if (!this.#writing && this.#finished !== undefined) this.#write()
  }

  /** One write at a time, the newest id last; the ids of a burst are written once. */
  async #write(): Promise<void> {
    this.#writing = true
    try {
      for (let written: string | undefined; written !== this.#finished; ) {
        written = this.#finished!
        await this.#storage!.set(written)
      }
    } catch (cause) {
      this.#emitError(callbackFailed('storage', cause))
    }
    this.#finished = undefined
    this.#writing = false
  }
}
