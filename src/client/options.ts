import type { EventwireErrorOf } from '../shared/errors.ts'
import type { EventTypes } from '../shared/events/define-events.ts'
import type { HeadersLike } from '../shared/headers-like.ts'
import type { Message } from '../shared/wire/parse.ts'
import type { Transport } from './transport/transport.ts'

/** The attempt for which a function given as an option is called. */
export interface AttemptContext {
  /** Counted from 1 since the last stable connection. */
  readonly attempt: number
  /** The cursor that the request will carry, `''` when there is none. */
  readonly lastEventId: string
  /** Aborts when the attempt is given up. */
  readonly signal: AbortSignal
}

/** A request body that can be sent more than once. */
type Body = string | Uint8Array | ArrayBuffer | Blob | FormData | URLSearchParams
type OneShotBody = Body | ReadableStream<Uint8Array>

/** The URL to subscribe to: absolute, relative to the document, or a function called before every attempt. */
export type SubscribeUrl = string | URL | ((context: AttemptContext) => string | URL | Promise<string | URL>)

/**
 * The signature of `fetch` that the client calls: of the global one, undici's, a wrapper or a mock.
 *
 * @example
 * import { type FetchLike, subscribe } from 'eventwire/client'
 *
 * const canned: FetchLike = async () =>
 *   new Response('data: "hello"\n\n', { headers: { 'Content-Type': 'text/event-stream' } })
 * const subscription = subscribe<{ message: string }>('https://example.com/events', { fetch: canned, retry: false })
 * console.log((await subscription.once('message')).data) // -> hello
 */
export type FetchLike = (
  url: string,
  /** Members that a runtime rejects are not set. */
  init: {
    method: string
    /** A plain object with names in lower case, so that `{ ...init.headers, authorization }` keeps the cursor. */
    headers: Record<string, string>
    signal: AbortSignal
    body?: any
    cache?: 'no-store'
    credentials?: 'include' | 'omit' | 'same-origin'
    redirect?: 'manual'
    duplex?: 'half'
  },
) => Promise<{
  readonly status: number
  /** The URL after redirects, `''` or nothing when unknown. */
  readonly url?: string | undefined
  readonly headers: { get(name: string): string | null }
  /** A web stream; anything else is refused as `missing-body`. */
  readonly body?: unknown
}>

/** The members of a response that are read: the platform's own, one of npm's `undici`, or one of a mock. */
export type ResponseLike = Awaited<ReturnType<FetchLike>>

/** The second argument of `fetch`. */
export type FetchInit = Parameters<FetchLike>[1]

/**
 * When and how often to reconnect after a lost connection. Durations are in milliseconds.
 *
 * @example
 * import { type RetryPolicy, subscribe } from 'eventwire/client'
 * import { createTestServer } from 'eventwire/testing'
 *
 * const retry: RetryPolicy = { min: 10, max: 5_000, factor: 3, maxRetries: 1 }
 * const server = createTestServer()
 * const subscription = subscribe('https://example.com/events', { retry, fetch: server.fetch })
 * subscription.onError(({ attempt, willRetry }) => console.log(attempt, willRetry))
 * for (const _ of ['first attempt', 'retry']) (await server.connection()).break()
 * // -> 1 true
 * // -> 2 false
 */
export interface RetryPolicy {
  /**
   * The random part of the first delay, in milliseconds; at least 100.
   * @default 1_000
   */
  readonly min?: number | undefined
  /**
   * The largest random part, in milliseconds; at least 100.
   * @default 30_000
   */
  readonly max?: number | undefined
  /**
   * The factor by which the random part grows with each failure.
   * @default 2
   */
  readonly factor?: number | undefined
  /**
   * How many retries may follow each other without a connection that delivers an event or lasts for `stableAfter`.
   * @default Infinity
   */
  readonly maxRetries?: number | undefined
  /**
   * Milliseconds after which a connection starts the count anew although it has delivered no event.
   * @default 10_000
   */
  readonly stableAfter?: number | undefined
  /**
   * Methods that are safe to repeat. A request of another method is repeated only when the server did not process it (408, 425,
   * 429, 502, 503, 504, or no connection), or when its response broke after an event id.
   * @default ['GET', 'QUERY']
   */
  readonly methods?: readonly string[] | undefined
}

/**
 * The failed attempt on which a `retry` function decides.
 *
 * @example
 * import { type RetryContext, subscribe } from 'eventwire/client'
 * import { createTestServer } from 'eventwire/testing'
 *
 * const patient = ({ error, delay }: RetryContext) => (error.status === 503 ? 60_000 : delay)
 * const server = createTestServer()
 * const subscription = subscribe('https://example.com/events', { retry: patient, fetch: server.fetch })
 * subscription.onError(({ retryIn }) => {
 *   console.log(retryIn) // -> 60000
 *   subscription.close()
 * })
 * ;(await server.connection()).respond(503)
 */
export interface RetryContext {
  /** Why the attempt failed; `stream-ended` when the server ended the stream. */
  readonly error: EventwireErrorOf
  /** The attempt that failed, counted from 1 since the last stable connection. */
  readonly attempt: number
  /** Milliseconds that the server asked to wait at least: its `retry`, or `Retry-After`; 0 when it asked for nothing. */
  readonly floor: number
  /** The decision of the default policy: the delay in milliseconds, or `false` to close. */
  readonly delay: number | false
}

/**
 * Where the cursor survives the page or the process, for example `sessionStorage` behind two functions.
 *
 * @example
 * import { type CursorStorage, subscribe } from 'eventwire/client'
 *
 * const kept = new Map<string, string>() // in a page: sessionStorage
 * const storage: CursorStorage = { get: () => kept.get('cursor'), set: (id) => void kept.set('cursor', id) }
 * const subscription = subscribe<{ ping: { time: string } }>('https://example.com/events', { storage })
 * subscription.on('ping', () => {})
 * await subscription.closed
 * console.log(kept.get('cursor')) // -> 7
 */
export interface CursorStorage {
  get(): string | null | undefined | Promise<string | null | undefined>
  /** Called with the id of the last event whose listeners have returned. */
  set(id: string): void | Promise<void>
}

/**
 * Goes on when streams do not pass. `poll()` of `eventwire/poll` makes one; its members are not part of the public contract.
 *
 * @example
 * import { type Fallback, subscribe } from 'eventwire/client'
 * import { poll } from 'eventwire/poll'
 *
 * const fallback: Fallback = poll()
 * const subscription = subscribe<{ ping: { time: string } }>('https://example.com/events', { fallback })
 * subscription.on('ping', ({ time }) => console.log(time)) // -> 12:00
 */
export interface Fallback {
  /** The transport of one subscription, over another one. */
  over(transport: Transport): Transport
}

/**
 * Options of `subscribe()`.
 *
 * @example
 * import { type SubscribeOptions, subscribe } from 'eventwire/client'
 * import { createTestServer } from 'eventwire/testing'
 *
 * const server = createTestServer()
 * const options: SubscribeOptions<{ ping: { time: string } }> = {
 *   fetch: server.fetch,
 *   headers: { Authorization: 'Bearer t0ken' },
 *   lastEventId: '7',
 *   retry: { max: 10_000, maxRetries: 5 },
 *   idleTimeout: 60_000,
 * }
 * using subscription = subscribe('https://example.com/events', options)
 * console.log((await server.connection()).lastEventId) // -> 7
 */
export interface SubscribeOptions<Events extends object> {
  /** The map made by `defineEvents()` or `eventsWithCodec()`; without it every payload is JSON. */
  readonly events?: (Events & EventTypes) | undefined
  /** Sent with every request, never to another origin. A function is asked before every attempt. */
  readonly headers?: HeadersLike | ((context: AttemptContext) => HeadersLike | Promise<HeadersLike>) | undefined
  /**
   * The method of every request.
   * @default 'GET', or 'POST' with `json`
   */
  readonly method?: string | undefined
  /** The body of every request. A one-shot stream must come from a function, because attempts are repeated. */
  readonly body?: Body | ((context: AttemptContext) => OneShotBody | Promise<OneShotBody>) | undefined
  /** A body in JSON, in place of `body`: the value, or a function asked before every attempt. */
  readonly json?: unknown
  /**
   * `'GET'`: as soon as there is a cursor, requests are GET requests without a body that carry it.
   * @default the same method and body for every request
   */
  readonly resume?: 'GET' | undefined
  /**
   * Whether cookies go with the requests.
   * @default what `fetch` does: 'same-origin'
   */
  readonly credentials?: 'include' | 'omit' | 'same-origin' | undefined
  /**
   * Sends the requests.
   * @default globalThis.fetch, looked up at each call
   */
  readonly fetch?: FetchLike | undefined
  /**
   * Makes the connections.
   * @default `fetch`, with Eventwire's own rules; see `eventSourceTransport()`
   */
  readonly transport?: Transport | undefined
  /**
   * The way to read events when a proxy holds streams back: `poll()` of `eventwire/poll`.
   * @default streams only
   */
  readonly fallback?: Fallback | undefined
  /** Closes the subscription when it aborts. */
  readonly signal?: AbortSignal | undefined
  /** The cursor of the first request; beats `storage`. */
  readonly lastEventId?: string | undefined
  /** Keeps the cursor beyond this subscription. */
  readonly storage?: CursorStorage | undefined
  /**
   * Whether the cursor travels as the `Last-Event-ID` header or as the `lastEventId` query parameter, which needs no
   * CORS preflight; `{ query: name }` for a server that calls the parameter otherwise.
   * @default 'header'
   */
  readonly cursorIn?: 'header' | 'query' | { readonly query: string } | undefined
  /**
   * Responses to accept besides a 200 with `text/event-stream`: a list of media types (`''` for none), or `false` for any type;
   * either accepts every 2xx status with a body.
   * @default only `text/event-stream` with status 200
   */
  readonly accept?: false | readonly string[] | undefined
  /**
   * Connects when the first listener, loop or watcher of `state` is attached, and disconnects after the last one has left; the
   * cursor stays. Until then nothing is requested, so a module that a server imports too may hold the subscription.
   * @default false
   */
  readonly lazy?: boolean | undefined
  /**
   * A policy, `false` for none, or a function: milliseconds, `false` to close, `undefined` for the default.
   * @default the defaults of `RetryPolicy`
   */
  readonly retry?: RetryPolicy | false | ((context: RetryContext) => number | false | undefined) | undefined
  /**
   * Milliseconds without a byte after which the connection counts as lost; `'auto'` takes 2.5 times the heartbeat that
   * the server announces, and never expires when it announces none.
   * @default 'auto'
   */
  readonly idleTimeout?: 'auto' | number | false | undefined
  /** Called once after a 401, for example to refresh a token; then the request is repeated unless it returns `false`. */
  readonly onUnauthorized?: ((error: EventwireErrorOf<'http-status'>) => unknown) | undefined
  /**
   * Milliseconds after which a hidden page gives its connection up until it is seen again.
   * @default false
   */
  readonly pauseHidden?: number | false | undefined
  /**
   * The most bytes that a line or an event may have.
   * @default 16 MiB (16,777,216)
   */
  readonly maxEventSize?: number | undefined
  /** Closes the subscription at the event for which it returns `true`; that event is not delivered. */
  readonly until?: ((raw: Message) => boolean) | undefined
}
