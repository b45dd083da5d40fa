import type { FetchInit } from '../client/options.ts'
import { STREAM_HEADERS, toHeaders } from '../server/stream/headers.ts'
import { readLastEventId } from '../server/stream/last-event-id.ts'
import type { CloseOptions, HeaderPairs, Payload, SendOptions, Sends } from '../server/stream/types.ts'
import type { FindType } from '../shared/events/define-events.ts'
import type { AnyEvents, EventName, Sent } from '../shared/events/event-map.ts'
import { encodePayload, typeToSend } from '../shared/events/payload.ts'
import { toBytes } from '../shared/wire/bytes.ts'
import { commentFrame, controlFrame, endFrame, eventFrame, retryFrame } from '../shared/wire/encode.ts'
import { GAP_EVENT, LAST_EVENT_ID_HEADER } from '../shared/wire/names.ts'

/**
 * What `answer()` adds to a status.
 *
 * @example
 * import { subscribe } from 'eventwire/client'
 * import { createTestServer, type TestAnswer } from 'eventwire/testing'
 *
 * const busy: TestAnswer = { headers: { 'Retry-After': '60' }, body: 'try later' }
 * const server = createTestServer()
 * const subscription = subscribe('https://example.com/events', { fetch: server.fetch })
 * subscription.onError(({ body, retryIn = 0 }) => {
 *   console.log(body, retryIn >= 60_000) // -> try later true
 *   subscription.close()
 * })
 * ;(await server.connection()).answer(503, busy)
 */
export interface TestAnswer {
  /** Headers of the answer. */
  readonly headers?: HeaderPairs | undefined
  /** Its body; none by default. */
  readonly body?: string | undefined
}

/**
 * One request of a client, and what the test makes of it. What sends returns `false` once the connection is over.
 *
 * @example
 * import { subscribe } from 'eventwire/client'
 * import { createTestServer, type TestConnection } from 'eventwire/testing'
 *
 * const server = createTestServer<{ message: string }>()
 * const subscription = subscribe<{ message: string }>('https://example.com/events', { fetch: server.fetch })
 * const connection: TestConnection<{ message: string }> = await server.connection()
 * connection.send('message', 'hello')
 * console.log((await subscription.once('message')).data) // -> hello
 * subscription.close()
 * console.log(connection.status, await connection.closed) // -> closed client
 */
export interface TestConnection<Events extends object> extends Sends<Events> {
  /** What was asked: URL, method, headers, body. */
  readonly request: Request
  /** The cursor that the client brought, `''` when none. */
  readonly lastEventId: string
  /** `'waiting'` for its answer, `'open'` with a stream, `'closed'` when it is over. */
  readonly status: 'waiting' | 'open' | 'closed'
  /** Resolves when the connection is over, with who ended it; an answer without a stream is over at once. */
  readonly closed: Promise<'client' | 'server'>
  /**
   * Answers with a stream, without any event. What sends does that by itself.
   *
   * @throws {TypeError} when the connection was answered before, or is over.
   * @throws {EventwireError} `invalid-option` for a header that HTTP does not allow, or that frames the stream.
   */
  accept(headers?: HeaderPairs): void
  /**
   * Answers without a stream.
   *
   * @throws {TypeError} when the connection was answered before, or is over.
   * @throws {EventwireError} `invalid-option` for a header that HTTP does not allow, or that frames the answer.
   */
  answer(status: number, answer?: TestAnswer): void
  /**
   * Sends an event.
   *
   * @throws {EventwireError} `unknown-event`, `payload-not-encodable`, `payload-rejected`, `invalid-field`
   */
  send<Name extends EventName<Events>>(type: Name, ...payload: Payload<Sent<Events, Name>, SendOptions>): boolean
  /**
   * Sends a comment; `heartbeat=15000` as the first one announces a heartbeat of that many milliseconds.
   *
   * @throws {EventwireError} `invalid-field` when it is no string.
   */
  comment(text?: string): boolean
  /**
   * Sends a reconnection time in milliseconds.
   *
   * @throws {EventwireError} `invalid-field` when it is not a whole number from 0 to 2,147,483,647.
   */
  retry(delay: number): boolean
  /**
   * Tells that history does not cover the cursor; `id` is where reading goes on.
   *
   * @throws {EventwireError} `invalid-field` for an id with a line break or NUL.
   */
  gap(reason: string, id?: string): boolean
  /** Sends text or bytes as they are: half an event, or what no Eventwire server would write. */
  write(raw: string | Uint8Array): boolean
  /**
   * Ends the stream; `final` tells the client not to come back.
   *
   * @throws {EventwireError} `invalid-field` when `retry` is not a whole number from 0 to 2,147,483,647.
   */
  end(options?: CloseOptions): void
  /** Breaks the connection: the request fails, or the stream does after what was sent. */
  break(error?: unknown): void
}

/** The connection as the server sees it. */
export class Connection implements TestConnection<AnyEvents> {
  readonly request: Request
  readonly lastEventId: string
  readonly closed: Promise<'client' | 'server'>
  /** What `fetch` returns. */
  readonly response: Promise<Response>
  status: 'waiting' | 'open' | 'closed' = 'waiting'
  readonly #find: FindType
  #body: ReadableStreamDefaultController<Uint8Array> | undefined
  /** How the body breaks once the client has taken what was sent. */
  #broken: { readonly error: unknown } | undefined
  #answer!: (response: Response) => void
  #refuse!: (error: unknown) => void
  #over!: (by: 'client' | 'server') => void

  constructor(url: string, { signal, ...init }: FetchInit, find: FindType) {
    this.request = new Request(url, init)
    this.lastEventId = readLastEventId(init.headers?.get(LAST_EVENT_ID_HEADER), url)
    this.#find = find
    this.response = new Promise((resolve, reject) => {
      this.#answer = resolve
      this.#refuse = reject
    })
    this.closed = new Promise((resolve) => {
      this.#over = resolve
    })
    signal?.addEventListener('abort', () => this.#fail('client', signal.reason), { once: true })
  }

  accept(headers?: HeaderPairs): void {
    const init = { headers: toHeaders(STREAM_HEADERS, headers) }
    this.#needUnanswered('accept')
    // Nothing is pulled ahead of the client, so a break that waits shows when it has read everything.
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
    this.#answer(new Response(body, init))
  }

  answer(status: number, { headers, body }: TestAnswer = {}): void {
    const own = body === undefined ? {} : TEXT_HEADERS
    const response = new Response(body === undefined ? null : streamOf(body), {
      status,
      headers: toHeaders(own, headers),
    })
    this.#needUnanswered('answer')
    this.#close('server')
    this.#answer(response)
  }

  send(type: string, payload?: unknown, { id, retry }: SendOptions = {}): boolean {
    const wireType = typeToSend(this.#find, type)
    return this.write(eventFrame(type, encodePayload(wireType, type, payload), wireType.oneLine, id, retry))
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
    // Erring a body at once would take back what was sent before.
    if (this.status === 'open' && this.#body!.desiredSize! < 0) {
      this.#broken = { error }
      this.#close('server')
    } else this.#fail('server', error)
  }

  #fail(by: 'client' | 'server', error: unknown): void {
    const { status } = this
    this.#close(by)
    if (status === 'waiting') this.#refuse(error)
    if (status === 'open' || this.#broken) this.#body!.error(error)
  }

  #close(by: 'client' | 'server'): void {
    this.status = 'closed'
    this.#over(by)
  }

  #needUnanswered(method: string): void {
    if (this.status === 'waiting') return
    throw new TypeError(
      `${method}() comes too late: the connection is ${this.status}; await server.connection() for the next`,
    )
  }
}

const TEXT_HEADERS = { 'Content-Type': 'text/plain;charset=UTF-8' }

/** Browsers read a body that is text in another thread: it would take real time, whatever clock the test has. */
function streamOf(text: string): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(toBytes(text))
      controller.close()
    },
  })
}
