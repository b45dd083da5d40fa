import type { SchemaIssue } from './events/standard-schema.ts'

/**
 * The code of an error, as a literal to switch on. Each has an entry in `docs/errors.md`.
 *
 * - `invalid-field`: a name, id, comment or `retry` that could forge a line of the wire.
 * - `invalid-option`: an option that makes no sense.
 * - `unknown-event`: a name that is missing from the map given as `events`.
 * - `payload-not-encodable`: the codec (JSON by default) cannot carry the payload.
 * - `payload-not-decodable`: the codec cannot read the text that arrived.
 * - `payload-rejected`: the schema found issues.
 * - `event-too-large`: a line or an event is over `maxEventSize`, or a log's `maxBytes`.
 * - `network`: the request failed before a response, or the connection broke.
 * - `stream-ended`: the server ended the stream, in `readEvents()` before the event that `until` waits for.
 * - `idle`: nothing arrived for longer than `idleTimeout`.
 * - `http-status`: the server responded with a status that carries no stream.
 * - `wrong-content-type`: the response is not `text/event-stream`.
 * - `missing-body`: the response has no body, or one that is not a web stream.
 * - `redirect-failed`: a redirect without a target, or too many of them.
 * - `callback-failed`: a function given as an option (`url`, `headers`, `storage`, …), the source of `channel.pipe()` or the generator of a run
 *   threw.
 * - `log-failed`: the log of a channel could not append or read.
 * - `conflict`: a log is not where the condition of an append wants it.
 * - `closed`: the subscription, the channel or the log was closed before.
 */
export type EventwireErrorCode =
  | 'invalid-field'
  | 'invalid-option'
  | 'unknown-event'
  | 'payload-not-encodable'
  | 'payload-not-decodable'
  | 'payload-rejected'
  | 'event-too-large'
  | 'network'
  | 'stream-ended'
  | 'idle'
  | 'http-status'
  | 'wrong-content-type'
  | 'missing-body'
  | 'redirect-failed'
  | 'callback-failed'
  | 'log-failed'
  | 'conflict'
  | 'closed'

/** The evidence that an error carries; which fields are set depends on the code. */
export interface EventwireErrorFields {
  /** The original error. */
  readonly cause?: unknown
  /** HTTP status of the response. */
  readonly status?: number | undefined
  /** Headers of the response. */
  readonly headers?: Headers | undefined
  /** Up to 64 KiB of the body of the response, as text. */
  readonly body?: string | undefined
  /** The URL of the request, after redirects where they are known. */
  readonly url?: string | undefined
  /** Which attempt failed, counted from 1 since the last stable connection. */
  readonly attempt?: number | undefined
  /** Whether another attempt follows. */
  readonly willRetry?: boolean | undefined
  /** Milliseconds until that attempt. */
  readonly retryIn?: number | undefined
  /** Name of the event concerned. */
  readonly type?: string | undefined
  /** The text that could not be decoded or was rejected, as it arrived. */
  readonly raw?: string | undefined
  /** The last event id at the event concerned. */
  readonly id?: string | undefined
  /** The issues that the schema found. */
  readonly issues?: readonly SchemaIssue[] | undefined
}

/**
 * The one error class of Eventwire. The message says what failed, with which value, and what to do; `code` distinguishes the
 * kinds; the evidence is in the fields.
 *
 * @example
 * import type { EventwireError } from 'eventwire'
 * import { subscribe } from 'eventwire/client'
 * import { createTestServer } from 'eventwire/testing'
 *
 * function explain(error: EventwireError): void {
 *   if (error.code === 'http-status' && error.status === 403) console.log(error.body) // -> members only
 * }
 * const server = createTestServer()
 * const subscription = subscribe('https://example.com/events', { fetch: server.fetch })
 * subscription.onError(explain)
 * const connection = await server.connection()
 * connection.respond(403, { body: 'members only' })
 */
export class EventwireError extends Error implements EventwireErrorFields {
  readonly code: EventwireErrorCode
  declare readonly status?: number | undefined
  declare readonly headers?: Headers | undefined
  declare readonly body?: string | undefined
  declare readonly url?: string | undefined
  declare readonly attempt?: number | undefined
  declare readonly willRetry?: boolean | undefined
  declare readonly retryIn?: number | undefined
  declare readonly type?: string | undefined
  declare readonly raw?: string | undefined
  declare readonly id?: string | undefined
  declare readonly issues?: readonly SchemaIssue[] | undefined

  constructor(code: EventwireErrorCode, message: string, fields: EventwireErrorFields = {}) {
    super(message, fields)
    Object.assign(this, fields)
    this.code = code
  }
}
EventwireError.prototype.name = 'EventwireError'

/** The evidence that is always there, by code. */
interface Evidence {
  'unknown-event': { readonly type: string }
  'payload-not-encodable': { readonly type: string }
  'payload-not-decodable': { readonly type: string; readonly raw: string; readonly id: string }
  'payload-rejected': { readonly type: string; readonly issues: readonly SchemaIssue[] }
  'http-status': { readonly status: number; readonly url: string }
  'wrong-content-type': {
    readonly status: number
    readonly url: string
    readonly headers: Headers
    readonly body: string
  }
  'missing-body': { readonly status: number; readonly url: string; readonly headers: Headers; readonly body: string }
  'redirect-failed': { readonly status: number; readonly url: string; readonly headers: Headers }
}

/**
 * An error of one code, or of any as a union discriminated by `code`: once the code is known, so is the evidence that it
 * always carries. `onError` and `isEventwireError()` give it; it is an `EventwireError` in any case.
 *
 * @example
 * import type { EventwireErrorOf } from 'eventwire'
 * import { subscribe } from 'eventwire/client'
 * import { createTestServer } from 'eventwire/testing'
 *
 * function isBusy(error: EventwireErrorOf): boolean {
 *   return error.code === 'http-status' && error.status >= 500 // a number: this code always has a status
 * }
 * const server = createTestServer()
 * const subscription = subscribe('https://example.com/events', { fetch: server.fetch })
 * subscription.onError((error) => {
 *   console.log(isBusy(error)) // -> true
 *   subscription.close()
 * })
 * ;(await server.connection()).respond(503)
 */
export type EventwireErrorOf<Code extends EventwireErrorCode = EventwireErrorCode> = Code extends keyof Evidence
  ? EventwireError & { readonly code: Code } & Evidence[Code]
  : Code extends unknown
    ? EventwireError & { readonly code: Code }
    : never

/**
 * Returns whether a caught value is an `EventwireError`, also when it comes from another copy of the package or another
 * realm, where `instanceof` fails.
 *
 * @example
 * import { isEventwireError } from 'eventwire'
 * import { createStream } from 'eventwire/server'
 *
 * const stream = createStream<{ size: { bytes: unknown } }>()
 * try {
 *   stream.send('size', { bytes: 12n })
 * } catch (error) {
 *   if (isEventwireError(error)) console.log(error.code) // -> payload-not-encodable
 * }
 */
export function isEventwireError(error: unknown): error is EventwireErrorOf {
  return (
    typeof error === 'object' && error !== null && 'code' in error && 'name' in error && error.name === 'EventwireError'
  )
}

/** The error for an option that makes no sense. */
export function invalidOption(option: string, value: unknown, instead: string): EventwireError {
  return new EventwireError('invalid-option', `${option} is ${shown(value)}; ${instead}`)
}

/**
 * Refuses an option of a client, whose bundles have no room for `shown()`.
 *
 * @throws {EventwireError} `invalid-option`
 */
export function refuseOption(name: string, is: unknown, instead: string): never {
  throw new EventwireError('invalid-option', `${name} is ${is}; give ${instead}`)
}

/** A value for an error text: quoted, escaped, short. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return `[${value}]`
  if (typeof value !== 'string') return String(value)
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value)
}

/** The first line of the message of a thrown value: engines describe a cycle in several. */
export function reasonOf(cause: any): string {
  return String(cause?.message || cause).split('\n', 1)[0]!
}
