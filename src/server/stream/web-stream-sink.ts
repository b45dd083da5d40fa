import { type DisconnectSource, offDisconnect, onDisconnect } from './client-disconnect.ts'
import { STREAM_HEADERS } from './headers.ts'
import { onDetached, onDrained } from './internal.ts'
import type { Sink } from './sink.ts'
import type { Stream } from './stream.ts'

/** Large writes are cut, so that a host that takes them slowly is seen to take them. */
const PIECE = 65_536

/** Counted in bytes; with a mark of 1 `pull` comes when the queue is empty, whether or not the host asks for more yet. */
const STRATEGY = { highWaterMark: 1, size: (bytes: Uint8Array): number => bytes.length }

/** A Fetch body as a sink. It is its own underlying source, and its own listener: no closure for each stream. */
export class WebStreamSink implements Sink {
  readonly inFlight = 0
  #controller!: ReadableStreamDefaultController<Uint8Array>
  #owner: Stream | undefined
  #first: Uint8Array | undefined
  #response: Response | WeakRef<Response>
  #source: DisconnectSource | undefined
  /** Whether a write is being cut: `pull` comes within, and no other write may come between its pieces. */
  #isCutting = false

  constructor(owner: Stream, first: Uint8Array, source: DisconnectSource | undefined, init: ResponseInit) {
    this.#owner = owner
    this.#first = first
    this.#source = source
    this.#response = new Response(new ReadableStream(this, STRATEGY), init)
    if (source !== undefined) onDisconnect(source, this)
  }

  /** A chunk at once: hosts hold the head back until there is one. */
  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#controller = controller
    controller.enqueue(this.#first!)
    this.#first = undefined
  }

  get response(): Response {
    const response = this.#response
    if (!(response instanceof WeakRef)) return response
    // The host has dropped it, and its body is taken: only its head is left to read.
    return response.deref() ?? new Response(null, { headers: STREAM_HEADERS })
  }

  pull(): void {
    if (this.#isCutting) return
    // The host reads the body, so it has the head: it keeps the response if it wants to, and an idle stream need not.
    if (!(this.#response instanceof WeakRef)) this.#response = new WeakRef(this.#response)
    if (this.#owner !== undefined) onDrained(this.#owner)
  }

  cancel(): void {
    this.#detach()
  }

  handleEvent(): void {
    this.#detach()
  }

  get buffered(): number {
    const desired = this.#controller.desiredSize ?? 0
    return desired < 0 ? STRATEGY.highWaterMark - desired : 0
  }

  write(bytes: Uint8Array): void {
    let start = 0
    this.#isCutting = bytes.length > 1.5 * PIECE
    while (bytes.length - start > 1.5 * PIECE) {
      this.#controller.enqueue(bytes.subarray(start, start + PIECE))
      start += PIECE
    }
    this.#isCutting = false
    this.#controller.enqueue(start === 0 ? bytes : bytes.subarray(start))
  }

  /** `pull` comes without being asked for. */
  awaitDrain(): void {}

  end(): void {
    this.#controller.close()
    this.#removeListener()
    if (this.buffered === 0) this.#detach()
  }

  destroy(error: Error): void {
    this.#controller.error(error)
    this.#detach()
  }

  #detach(): void {
    const owner = this.#owner
    this.#owner = undefined
    this.#removeListener()
    if (owner !== undefined) onDetached(owner)
  }

  #removeListener(): void {
    if (this.#source !== undefined) offDisconnect(this.#source, this)
    this.#source = undefined
  }
}
