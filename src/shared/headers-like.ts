/**
 * Headers to send: pairs (a `Headers` object is that, too) or an object, as Node's `res.getHeaders()` and Fastify's
 * `reply.getHeaders()` return it. A list is one header with several values, except of `Set-Cookie`; `undefined` is not sent.
 *
 * @example
 * import { createStream, type HeadersLike } from 'eventwire/server'
 *
 * const headers: HeadersLike = [
 *   ['Set-Cookie', 'seen=1'],
 *   ['Set-Cookie', 'theme=dark'],
 * ]
 * using stream = createStream(undefined, { headers })
 * console.log(stream.response.headers.getSetCookie()) // -> [ 'seen=1', 'theme=dark' ]
 */
export type HeadersLike =
  | Headers
  | Iterable<readonly [name: string, value: HeaderValue]>
  | { readonly [name: string]: HeaderValue }

type HeaderValue = string | number | readonly string[] | undefined
