import { EventwireError } from '../../shared/errors.ts'
import type { AnyEvents } from '../../shared/events/event-map.ts'
import type { OptionsFor } from '../../shared/events/options-for.ts'
import type { HeadersLike } from '../../shared/headers-like.ts'
import { toBytes } from '../../shared/wire/bytes.ts'
import { LAST_EVENT_ID_HEADER } from '../../shared/wire/names.ts'
import { bornClosed } from '../stream/close-reason.ts'
import { FINAL_HEADERS, STREAM_HEADERS, toHeaders } from '../stream/headers.ts'
import { abandon, begin, encoderFor } from '../stream/internal.ts'
import { readLastEventId } from '../stream/last-event-id.ts'
import { preambleFrame } from '../stream/preamble.ts'
import { settingsOf } from '../stream/settings.ts'
import { Stream } from '../stream/stream.ts'
import type { EventWriter, StreamOptions } from '../stream/types.ts'
import { copyHeaders, nodeRequest, nodeResponse, takeOver } from './framework.ts'
import { Http2ResponseSink } from './http2-response-sink.ts'
import type { RequestLike, ResponseExtras, ResponseLike, SocketLike, WrappedResponse } from './message.ts'
import { ResponseSink } from './response-sink.ts'

const ID_HEADER = LAST_EVENT_ID_HEADER.toLowerCase()
/** The connection of a stream is not used again, and a server that shuts down must not wait for it to be. */
const HTTP_1_HEADERS: Readonly<Record<string, string>> = { ...STREAM_HEADERS, Connection: 'close' }
const KEEP_ALIVE = 15_000

/**
 * Opens a stream to one client on a Node response: node:http, https, http2, and the objects of frameworks on them
 * (Express `req, res`, Fastify `request, reply`, Koa `ctx.request, ctx.response`). The framework then leaves the response
 * alone, and headers that its hooks have set are kept.
 *
 * An unread request body is dropped, because it would hide that the client has disconnected: start reading it
 * before, or in the same tick.
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
  res: ResponseLike | WrappedResponse,
  ...optionsWithEvents: OptionsFor<Events, StreamOptions<Events>>
): EventWriter<Events> {
  const [options] = optionsWithEvents
  const request = nodeRequest(req)
  const response = nodeResponse(res)
  const settings = settingsOf(options)
  const id = request.headers[ID_HEADER]
  const stream = new Stream(settings, readLastEventId(Array.isArray(id) ? id[0] : id, request.url))
  const gone = isDisconnected(request, response)
  if (!gone && response.headersSent) {
    throw new EventwireError('invalid-option', 'res has sent its head; create the stream before anything is written')
  }
  const reason = bornClosed(gone, stream.lastEventId, options?.signal, request.method)
  const final = reason === 'final'
  // HTTP/2 forbids headers that speak of a connection.
  const own = final ? FINAL_HEADERS : request.httpVersionMajor === 1 ? HTTP_1_HEADERS : STREAM_HEADERS
  if (!gone) copyHeaders(res, response)
  const headers = gone ? own : addHeaders(own, response, options?.headers)
  takeOver(res)
  const { compress } = settings
  const accepted = reason === undefined ? request.headers['accept-encoding'] : undefined
  const encoder = compress?.[encoderFor](Array.isArray(accepted) ? accepted.join() : accepted)
  if (compress !== undefined && !gone) addVary(response)
  if (encoder !== undefined) response.setHeader('Content-Encoding', compress!.encoding)

  if (reason !== undefined) {
    abandon(stream, reason)
    if (!gone) response.writeHead(final ? 204 : 200, headers)
    if (!gone) response.end()
  } else {
    const sink = new (request.httpVersionMajor === 2 ? Http2ResponseSink : ResponseSink)(stream, request, response)
    prepare(request, response, settings.heartbeat !== false)
    const preamble = toBytes(preambleFrame(settings))
    const first = encoder === undefined ? preamble : encoder.encode(preamble)
    response.writeHead(200, headers)
    response.write(first)
    ;(response as ResponseExtras).flush?.()
    begin(stream, sink, first.length, options?.signal, encoder)
  }
  return stream as unknown as EventWriter<Events>
}

/** Responds with a 404 that has the headers of a stream. */
export function respondNotFound(res: ResponseLike | WrappedResponse, headers: HeadersLike | undefined): void {
  const response = nodeResponse(res)
  if (response.destroyed || response.writableEnded) return
  copyHeaders(res, response)
  const added = addHeaders({}, response, headers)
  takeOver(res)
  response.writeHead(404, added)
  response.end()
}

/** `close` of a request only means that its body was read; only the response reports the state of the connection. */
function isDisconnected(req: RequestLike, res: ResponseLike): boolean {
  return Boolean(res.destroyed || res.writableEnded || req.aborted)
}

/**
 * Sets what the user adds, and returns what `writeHead` adds to that: all of ours in the usual case, which spares the
 * response a map of headers.
 */
function addHeaders(
  own: Readonly<Record<string, string>>,
  res: ResponseLike & ResponseExtras,
  added: HeadersLike | undefined,
): Readonly<Record<string, string>> {
  if (res.hasHeader?.('Content-Length')) res.removeHeader('Content-Length')
  if (added === undefined) return own
  for (const [name, value] of toHeaders(own, added)) {
    if (name === 'set-cookie') res.appendHeader?.(name, value)
    else res.setHeader(name, value)
  }
  return {}
}

/** Caches keep the compressed and the plain response apart. Others may have named headers before. */
function addVary(res: ResponseLike & ResponseExtras): void {
  const names = res.getHeader?.('Vary')
  res.setHeader('Vary', names === undefined ? 'Accept-Encoding' : `${names}, Accept-Encoding`)
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

/** An unread body stops the socket from being read, and its end from being seen; one that is complete does not. */
function dropBody(req: RequestLike): void {
  if (req.complete === true) return
  if (req.readableFlowing === null && req.listenerCount?.('readable') === 0) req.resume?.()
}
