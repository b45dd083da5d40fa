import { joinBytes } from '../../shared/wire/bytes.ts'
import { ResponseSink } from './response-sink.ts'

const PIECE = 65_536

/**
 * An http2 response as a sink. Node reports nothing about a write there until its last byte has left. So writes are kept small
 * and made one after another, which shows progress when a client reads a large event slowly.
 */
export class Http2ResponseSink extends ResponseSink {
  #queue: Uint8Array[] = []
  #queued = 0
  #writing = false
  #ending = false

  override get buffered(): number {
    return this.#queued + super.buffered
  }

  override write(bytes: Uint8Array): void {
    for (let start = 0; start < bytes.length; start += PIECE) this.#queue.push(bytes.subarray(start, start + PIECE))
    this.#queued += bytes.length
    if (!this.#writing) this.#writeNext()
  }

  override awaitDrain(): void {
    if (!this.#writing) super.awaitDrain()
  }

  override end(): void {
    if (this.#writing) this.#ending = true
    else super.end()
  }

  override destroy(): void {
    this.#queue = []
    this.#queued = 0
    super.destroy()
  }

  #writeNext(): void {
    const bytes = this.#takeNext()
    this.#writing = bytes.length > 0
    if (this.#writing) {
      this.response.write(bytes, (error) => error || this.#writeNext())
      this.response.flush?.()
    } else if (this.#ending) super.end()
    else this.drained()
  }

  /** Joins waiting bytes up to the size of a piece, so that many small events are one write. */
  #takeNext(): Uint8Array {
    const { length } = this.#queue
    let taken = 0
    let size = 0
    while (taken < length && (taken === 0 || size + this.#queue[taken]!.length <= PIECE))
      size += this.#queue[taken++]!.length
    this.#queued -= size
    return joinBytes(this.#queue.splice(0, taken))
  }
}
