import { invalidOption } from '../../shared/errors.ts'
import { FRAMING } from '../stream/headers.ts'
import type { RequestLike, ResponseLike, WrappedResponse } from './message.ts'

/** Node's response, or a framework's with Node's inside. */
type FrameworkObject = Partial<ResponseLike> & {
  /** Node's response in Fastify's. */
  readonly raw?: ResponseLike
  getHeaders?(): Record<string, any>
  hijack?(): unknown
  /** Node's response in Koa's, and Koa's context. */
  readonly res?: ResponseLike
  readonly ctx?: { respond?: boolean }
}

const REQUEST =
  'give the request of a Node server; for a Fetch Request, as c.req.raw in Hono, use createStream() of eventwire/server or channel.response()'
const RESPONSE = 'give the response of a Node server: res in Express, reply in Fastify, ctx.response in Koa'

/** @throws {EventwireError} `invalid-option` unless this is, or wraps, the request of a Node server. */
export function nodeRequest(given: RequestLike & { raw?: RequestLike; req?: RequestLike }): RequestLike {
  // An object that takes listeners is Node's own request, even if a framework has added members.
  const request = given?.on ? given : (given?.raw ?? given?.req ?? given)
  if (typeof request?.headers === 'object' && typeof request.headers.get !== 'function') return request
  throw invalidOption('req', given, REQUEST)
}

/** @throws {EventwireError} `invalid-option` unless this is, or wraps, the response of a Node server. */
export function nodeResponse(given: ResponseLike | WrappedResponse): ResponseLike {
  const { writeHead, raw, res } = Object(given) as FrameworkObject
  const response = writeHead ? given : (raw ?? res)
  if (typeof (response as FrameworkObject | undefined)?.writeHead === 'function') return response as ResponseLike
  throw invalidOption('res', given, RESPONSE)
}

/** Copies the headers that hooks of Fastify have set (CORS for one) to Node's response: `hijack()` would drop them. */
export function copyHeaders(given: ResponseLike | WrappedResponse, response: ResponseLike): void {
  const headers = given === response ? undefined : (given as FrameworkObject).getHeaders?.()
  for (const name in headers) {
    if (headers[name] !== undefined && !FRAMING.test(name)) response.setHeader(name, headers[name])
  }
}

/** Keeps a framework from writing a response of its own behind the stream. */
export function takeOver(given: ResponseLike | WrappedResponse): void {
  const { raw, res, hijack, ctx = given as { respond?: boolean } } = given as FrameworkObject
  if (raw) hijack?.call(given)
  if (res) ctx.respond = false
}
