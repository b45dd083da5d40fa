import { onDetached, onDrained } from '../stream/internal.ts'
import type { Sink } from '../stream/sink.ts'
import type { Stream } from '../stream/stream.ts'
import { writeChunk } from './chunk.ts'
import type { RequestLike, ResponseExtras, ResponseLike, SocketLike } from './message.ts'

/** NGHTTP2_CANCEL: the peer does not need the stream any more. */
const CANCEL = 8
const NOTHING = new Uint8Array(0)
/** Others have responses of their own behind the same names. */
const IS_NODE = !('Bun' in globalThis || 'Deno' in globalThis)

const sinkOf = Symbol('eventwire.sink')

interface SinkHolder {
  [sinkOf]?: ResponseSink | undefined
}

/** A Node response as a sink, once its head is written and its first bytes. Its listeners are shared by all responses and find it on theirs. */
export class ResponseSink implements Sink {
  protected readonly response: ResponseLike & ResponseExtras
  #owner: Stream | undefined
  #awaiting = false
  #socket: Required<SocketLike> | undefined

  constructor(owner: Stream, request: RequestLike, response: ResponseLike) {
    this.#owner = owner
    this.response = response
    ;(response as SinkHolder)[sinkOf] = this
    response.on('close', onClose)
    response.on('error', onError)
    // Bun does not emit `close` on every response when its connection is gone, but it aborts the request.
    if ('Bun' in globalThis) request.on?.('aborted', () => this.onDisconnect())
  }

  get buffered(): number {
    return (this.#socket ?? this.response).writableLength ?? 0
  }

  /** Node counts a write until its last byte has left; only the handle below reports its progress. */
  get inFlight(): number {
    return (this.response.socket as SocketLike | null | undefined)?._handle?.writeQueueSize ?? 0
  }

  write(bytes: Uint8Array): void {
    const socket = this.#bareSocket()
    if (socket !== undefined) {
      writeChunk(socket, bytes)
      return
    }
    this.response.write(bytes)
    this.response.flush?.()
  }

  awaitDrain(): void {
    if (this.#awaiting) return
    this.#awaiting = true
    const socket = this.#bareSocket()
    // A write that fails is followed by `close`; a stream that waited on in the meantime would keep it from coming.
    const written = (error?: unknown) => error || this.drained()
    if (socket !== undefined) socket.write(NOTHING, written)
    else if (this.response.writableNeedDrain) this.response.once('drain', onDrain)
    // Below its own mark a response never says `drain`.
    else this.response.write(NOTHING, written)
  }

  end(): void {
    this.response.end()
  }

  destroy(): void {
    const response = this.response
    if (response.stream !== undefined) response.stream.close(CANCEL)
    else if (response.destroy !== undefined) response.destroy()
    else response.end()
  }

  /**
   * The socket, once Node would do no more than frame a chunk for it: head gone, nothing queued, nothing in between. It
   * stays so, because the response is ours.
   */
  #bareSocket(): Required<SocketLike> | undefined {
    if (this.#socket !== undefined) return this.#socket
    const response = this.response
    const socket = response.socket as Required<SocketLike> | null | undefined
    const bare =
      IS_NODE &&
      socket != null &&
      response.chunkedEncoding === true &&
      response.writableLength === socket.writableLength &&
      response.writableCorked === 0 &&
      !Object.hasOwn(response, 'write')
    if (bare) this.#socket = socket
    return this.#socket
  }

  drained(): void {
    this.#awaiting = false
    if (this.#owner !== undefined) onDrained(this.#owner)
  }

  /** The error listener stays: what fails later must not bring the process down. */
  onDisconnect(error?: unknown): void {
    const owner = this.#owner
    this.#owner = undefined
    ;(this.response as SinkHolder)[sinkOf] = undefined
    if (owner !== undefined) onDetached(owner, error)
  }
}

function onClose(this: SinkHolder): void {
  this[sinkOf]?.onDisconnect()
}

function onError(this: SinkHolder, error: unknown): void {
  this[sinkOf]?.onDisconnect(error)
}

function onDrain(this: SinkHolder): void {
  this[sinkOf]?.drained()
}
