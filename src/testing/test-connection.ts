import { STREAM_HEADERS, toHeaders } from '../server/stream/headers.ts'
import { readLastEventId } from '../server/stream/last-event-id.ts'
import type { CloseOptions, SendArguments, SendOptions, Sends } from '../server/stream/types.ts'
import { onAbort } from '../shared/abort.ts'
import type { TypeLookup } from '../shared/events/define-events.ts'
import type { AnyEvents, Sent } from '../shared/events/event-map.ts'
import { encodePayload, typeToSend } from '../shared/events/payload.ts'
import type { HeadersLike } from '../shared/headers-like.ts'
import { toBytes } from '../shared/wire/bytes.ts'
import { commentFrame, controlFrame, endFrame, eventFrame, retryFrame, topicLines } from '../shared/wire/encode.ts'
import type { GapReason } from '../shared/wire/gap.ts'
import { GAP_EVENT, LAST_EVENT_ID_HEADER } from '../shared/wire/names.ts'

/** One request of a client, and the response that the test gives. Methods that send return `false` once the connection is over. */
export interface TestConnection<Events extends object> extends Sends<Events> {
  /** Exists for the compiler only. Repeated, so that it is compared before everything else. */
  readonly '~sends'?: Sends<Events>['~sends']
  /** The request, with URL, method, headers and body. */
  readonly request: Request
  /** The cursor that the client sent, `''` when it sent none. */
  readonly lastEventId: string
  /** `'waiting'` for a response, `'open'` with a stream, `'closed'` when it is over. */
  readonly status: 'waiting' | 'open' | 'closed'
  /** Resolves when the connection is over, to the end that closed it. A response without a stream is over at once. */
  readonly closed: Promise<'client' | 'server'>
  /**
   * Responds with a stream, without any event. Methods that send do that by themselves.
   *
   * @throws {TypeError} when the connection has a response, or is over.
   * @throws {EventwireError} `invalid-option` for a header that HTTP does not allow, or that frames the stream.
   */
  accept(headers?: HeadersLike): void
  /**
   * Responds without a stream: with a status, and the `headers` and `body` that are given.
   *
   * @throws {TypeError} when the connection has a response, or is over.
   * @throws {EventwireError} `invalid-option` for a header that HTTP does not allow, or that frames the response.
   */
  respond(status: number, response?: { headers?: HeadersLike | undefined; body?: string | undefined }): void
  /**
   * Sends an event.
   *
   * @throws {EventwireError} `unknown-event`, `payload-not-encodable`, `payload-rejected`, `invalid-field`
   */
  send<Name extends keyof Events & string>(
    type: Name,
    ...payload: SendArguments<Sent<Events, Name>, SendOptions>
  ): boolean
  /**
   * Sends a comment; `heartbeat=15000` as the first one announces a heartbeat of that many milliseconds.
   *
   * @throws {EventwireError} `invalid-field` when it is not a string, or a line of it starts with the reserved `sse:`, `topic:` or
   *   `traceparent:`.
   */
  comment(text?: string): boolean
  /**
   * Sends a reconnection time in milliseconds.
   *
   * @throws {EventwireError} `invalid-field` when it is not a whole number from 0 to 2,147,483,647.
   */
  retry(delay: number): boolean
  /**
   * Reports that history does not cover the cursor; `id` is the cursor at which reading continues.
   *
   * @throws {EventwireError} `invalid-field` for an id with a line break or NUL.
   */
  gap(reason: GapReason, id?: string): boolean
  /** Sends text or bytes as they are: half an event, or bytes that no Eventwire server would write. */
  write(raw: string | Uint8Array): boolean
  /**
   * Ends the stream; with `final`, the client does not reconnect.
   *
   * @throws {EventwireError} `invalid-field` when `retry` is not a whole number from 0 to 2,147,483,647.
   */
  end(options?: { readonly final?: boolean | undefined; readonly retry?: number | undefined }): void
  /** Breaks the connection: the request fails, or the stream does once the client has read what was sent. */
  break(error?: unknown): void
}

/** The connection as the server sees it. */
export class Connection implements TestConnection<AnyEvents> {
  readonly request: Request
  readonly lastEventId: string
  readonly closed: Promise<'client' | 'server'>
  /** Returned by `fetch`. */
  readonly response: Promise<Response>
  status: 'waiting' | 'open' | 'closed' = 'waiting'
  readonly #lookup: TypeLookup
  #body: ReadableStreamDefaultController<Uint8Array> | undefined
  /** The error of the body once the client has read what was sent. */
  #broken: { readonly error: unknown } | undefined
  #resolve!: (response: Response) => void
  #reject!: (error: unknown) => void
  #settle!: (by: 'client' | 'server') => void

  constructor(request: Request, signal: AbortSignal | null | undefined, lookup: TypeLookup) {
    this.request = request
    this.lastEventId = readLastEventId(request.headers.get(LAST_EVENT_ID_HEADER), request.url)
    this.#lookup = lookup
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.closed = new Promise((resolve) => {
      this.#settle = resolve
    })
    if (signal) this.closed.then(onAbort(signal, () => this.#fail('client', signal.reason)))
  }

  accept(headers?: HeadersLike): void {
    const init = { headers: toHeaders(STREAM_HEADERS, headers) }
    this.#checkWaiting('accept')
    // Without reading ahead, a pending break shows when the client has read everything.
    const source: UnderlyingDefaultSource<Uint8Array> = {
      start: (controller) => {
        this.#body = controller
      },
      pull: (controller) => {
        if (this.#broken) controller.error(this.#broken.error)
      },
      cancel: () => this.#close('client'),
    }
    const body = new ReadableStream(source, { highWaterMark: 0 })
    this.status = 'open'
    this.#resolve(new Response(body, init))
  }

  respond(
    status: number,
    { headers, body }: { headers?: HeadersLike | undefined; body?: string | undefined } = {},
  ): void {
    const own = body === undefined ? {} : TEXT_HEADERS
    const response = new Response(body === undefined ? null : streamOf(body), {
      status,
      headers: toHeaders(own, headers),
    })
    this.#checkWaiting('respond')
    this.#close('server')
    this.#resolve(response)
  }

  send(type: string, payload?: unknown, { id, retry, topics = [] }: SendOptions = {}): boolean {
    const wireType = typeToSend(this.#lookup, type)
    const frame = eventFrame(type, encodePayload(wireType, type, payload), wireType.oneLine, id, retry)
    return this.write(topicLines(topics, 'events') + frame)
  }

  comment(text = ''): boolean {
    return this.write(commentFrame(text))
  }

  retry(delay: number): boolean {
    return this.write(retryFrame(delay))
  }

  gap(reason: string, id?: string): boolean {
    return this.write(controlFrame(GAP_EVENT, JSON.stringify({ reason }), id))
  }

  write(raw: string | Uint8Array): boolean {
    if (this.status === 'waiting') this.accept()
    if (this.status === 'open') this.#body!.enqueue(typeof raw === 'string' ? toBytes(raw) : raw)
    return this.status === 'open'
  }

  end({ final = false, retry }: CloseOptions = {}): void {
    const last = endFrame(final, retry)
    if (last !== '') this.write(last)
    if (this.status === 'waiting') this.accept()
    if (this.status === 'open') this.#body!.close()
    this.#close('server')
  }

  break(error: unknown = new TypeError('the test broke the connection')): void {
    // Failing a body at once would discard the bytes that were sent before.
    if (this.status === 'open' && this.#body!.desiredSize! < 0) {
      this.#broken = { error }
      this.#close('server')
    } else this.#fail('server', error)
  }

  #fail(by: 'client' | 'server', error: unknown): void {
    const { status } = this
    this.#close(by)
    if (status === 'waiting') this.#reject(error)
    if (status === 'open' || this.#broken) this.#body!.error(error)
  }

  #close(by: 'client' | 'server'): void {
    this.status = 'closed'
    this.#settle(by)
  }

  #checkWaiting(method: string): void {
    if (this.status === 'waiting') return
    throw new TypeError(
      `${method}() comes too late: the connection is ${this.status}; await server.connection() for the next`,
    )
  }
}

const TEXT_HEADERS = { 'Content-Type': 'text/plain;charset=UTF-8' }

/** Browsers read a body of text in another thread, which takes real time even with a test clock. */
function streamOf(text: string): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(toBytes(text))
      controller.close()
    },
  })
}
