import { EventwireError, invalidOption } from '../../shared/errors.ts'
import type { AnyEvents } from '../../shared/events/event-map.ts'
import { toBytes } from '../../shared/wire/bytes.ts'
import { LAST_EVENT_ID_HEADER } from '../../shared/wire/names.ts'
import { bornClosed } from '../stream/close-reason.ts'
import { FINAL_HEADERS, headerPairs, refusedHeader, STREAM_HEADERS } from '../stream/headers.ts'
import { abandon, begin } from '../stream/internal.ts'
import { readLastEventId } from '../stream/last-event-id.ts'
import { openingFrame } from '../stream/preamble.ts'
import { toSettings } from '../stream/settings.ts'
import { Stream } from '../stream/stream.ts'
import type { EventWriter, HeaderPairs, StreamOptions } from '../stream/types.ts'
import { PacedSink } from './http2-response-sink.ts'
import type { RequestLike, ResponseExtras, ResponseLike, SocketLike } from './message.ts'
import { ResponseSink } from './response-sink.ts'

const ID_HEADER = LAST_EVENT_ID_HEADER.toLowerCase()
const HTTP_2_HEADERS: Record<string, string> = Object.fromEntries(STREAM_HEADERS)
/** The connection of a stream is not used again, and a server that shuts down must not wait for it to be. */
const HTTP_1_HEADERS: Record<string, string> = { ...HTTP_2_HEADERS, Connection: 'close' }
const FINAL: Record<string, string> = Object.fromEntries(FINAL_HEADERS)
const KEEP_ALIVE = 15_000

/**
 * Opens a stream to one client on a Node response: node:http, https, http2, and what frameworks hand out of them
 * (Express `res`, Fastify `reply.raw`, Koa `ctx.res`).
 *
 * An unread request body is dropped, because it would hide that the client has left: begin to read it before, or in the
 * same tick.
 *
 * @example
 * import { createServer } from 'node:http'
 * import { createStream } from 'eventwire/node'
 *
 * createServer((req, res) => {
 *   const stream = createStream<{ ping: { time: string } }>(req, res)
 *   const timer = setInterval(() => stream.send('ping', { time: new Date().toISOString() }), 1000)
 *   stream.closed.then(() => clearInterval(timer))
 * }).listen(3000)
 *
 * @throws {EventwireError} `invalid-option` for an option that makes no sense, a request or response that Node did not
 *   make, or a response that has sent its head.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export function createStream<Events extends object = AnyEvents>(
  req: RequestLike,
  res: ResponseLike,
  options?: StreamOptions<Events>,
): EventWriter<Events> {
  checkMessages(req, res)
  const settings = toSettings(options)
  const id = req.headers[ID_HEADER]
  const stream = new Stream(settings, readLastEventId(Array.isArray(id) ? id[0] : id, req.url))
  const gone = hasLeft(req, res)
  if (!gone && res.headersSent) {
    throw new EventwireError('invalid-option', 'res has sent its head; create the stream before anything is written')
  }
  const reason = bornClosed(gone, stream.lastEventId, options?.signal, req.method)
  const final = reason === 'final'
  // HTTP/2 forbids headers that speak of a connection.
  const own = final ? FINAL : req.httpVersionMajor === 1 ? HTTP_1_HEADERS : HTTP_2_HEADERS
  const headers = addHeaders(own, res, options?.headers)

  if (reason !== undefined) {
    stream[abandon](reason)
    if (!gone) res.writeHead(final ? 204 : 200, headers)
    if (!gone) res.end()
  } else {
    const sink = new (req.httpVersionMajor === 2 ? PacedSink : ResponseSink)(stream, req, res)
    prepare(req, res, settings.heartbeat !== false)
    const first = toBytes(openingFrame(settings))
    res.writeHead(200, headers)
    sink.write(first)
    stream[begin](sink, first.length, options?.signal)
  }
  return stream as unknown as EventWriter<Events>
}

function checkMessages(req: RequestLike, res: ResponseLike): void {
  if (typeof req?.headers !== 'object') throw invalidOption('req', req, 'give the request of a Node server')
  if (typeof res?.writeHead === 'function') return
  throw invalidOption('res', res, 'give the response of a Node server; for a Fetch Request use eventwire/server')
}

/** `close` of a request only means that its body was read; the response tells of the connection. */
function hasLeft(req: RequestLike, res: ResponseLike): boolean {
  return Boolean(res.destroyed || res.writableEnded || req.aborted)
}

/**
 * Sets what the user adds, and returns what `writeHead` adds to that: all of ours in the usual case, which spares the
 * response a map of headers.
 */
function addHeaders(
  own: Record<string, string>,
  res: ResponseLike & ResponseExtras,
  added: HeaderPairs | undefined,
): Record<string, string> {
  if (res.hasHeader?.('Content-Length')) res.removeHeader('Content-Length')
  if (added === undefined) return own
  const pairs = headerPairs(added)
  for (const name in own) res.setHeader(name, own[name]!)
  for (const [name, value] of pairs) {
    try {
      if (name.toLowerCase() === 'set-cookie') res.appendHeader?.(name, value)
      else res.setHeader(name, value)
    } catch (cause) {
      throw refusedHeader(name, cause)
    }
  }
  return {}
}

/** The kernel asks a silent peer whether it is there; one that is sent heartbeats is never silent. */
function prepare(req: RequestLike, res: ResponseLike, beats: boolean): void {
  if (req.httpVersionMajor === 1) {
    const socket = res.socket as SocketLike | null | undefined
    socket?.setNoDelay?.(true)
    if (!beats) socket?.setKeepAlive?.(true, KEEP_ALIVE)
    socket?.setTimeout?.(0)
  }
  if (req.complete !== true) queueMicrotask(() => dropBody(req))
}

/** A body that nobody reads stops the socket from being read, and its end from being seen; one that is complete does not. */
function dropBody(req: RequestLike): void {
  if (req.complete === true) return
  if (req.readableFlowing === null && req.listenerCount?.('readable') === 0) req.resume?.()
}
