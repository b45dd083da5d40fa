import { invalidOption } from '../../shared/errors.ts'
import type { AnyEvents } from '../../shared/events/event-map.ts'
import type { OptionsFor } from '../../shared/events/options-for.ts'
import { toBytes } from '../../shared/wire/bytes.ts'
import { LAST_EVENT_ID_HEADER } from '../../shared/wire/names.ts'
import { disconnectSourceOf, isDisconnected } from './client-disconnect.ts'
import { bornClosed } from './close-reason.ts'
import { FINAL_HEADERS, STREAM_HEADERS, toHeaders } from './headers.ts'
import { abandon, begin, encoderFor } from './internal.ts'
import { readLastEventId } from './last-event-id.ts'
import { preambleFrame } from './preamble.ts'
import { type StreamSettings, settingsOf } from './settings.ts'
import { Stream } from './stream.ts'
import type { EventStream, StreamOptions } from './types.ts'
import { WebStreamSink } from './web-stream-sink.ts'

/**
 * Opens a stream to one client and makes the response that carries it.
 *
 * @example
 * import { createStream } from 'eventwire/server'
 *
 * export default {
 *   fetch(request: Request) {
 *     const stream = createStream<{ ping: { time: string } }>(request)
 *     const timer = setInterval(() => stream.send('ping', { time: new Date().toISOString() }), 1000)
 *     stream.closed.then(() => clearInterval(timer))
 *     return stream.response
 *   },
 * }
 *
 * @param request what the client asked with: its last event id, its method and its disconnect are read from it.
 * @throws {EventwireError} `invalid-option` for an option that makes no sense, or a request that is not a Fetch Request.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export function createStream<Events extends object = AnyEvents>(
  request?: Request,
  ...optionsWithEvents: OptionsFor<Events, StreamOptions<Events>>
): EventStream<Events> {
  if (request !== undefined && typeof request?.headers?.get !== 'function') {
    const instead = 'give a Fetch Request, in Hono c.req.raw; for node:http import createStream from eventwire/node'
    throw invalidOption('request', request, instead)
  }
  const [options] = optionsWithEvents
  const lastEventId = readLastEventId(request?.headers.get(LAST_EVENT_ID_HEADER), request?.url)
  return new FetchStream(settingsOf(options), lastEventId, request, options) as unknown as EventStream<Events>
}

class FetchStream extends Stream {
  readonly #carrier: { readonly response: Response }

  constructor(
    settings: StreamSettings,
    lastEventId: string,
    request: Request | undefined,
    { headers, signal }: StreamOptions<any> = {},
  ) {
    super(settings, lastEventId)
    const source = request && disconnectSourceOf(request)
    const reason = bornClosed(source && isDisconnected(source), lastEventId, signal, request?.method)
    const final = reason === 'final'
    const { compress } = settings
    const encoder = reason === undefined ? compress?.[encoderFor](request?.headers.get('Accept-Encoding')) : undefined
    const init = {
      status: final ? 204 : 200,
      headers: toHeaders(final ? FINAL_HEADERS : STREAM_HEADERS, headers),
      // Cloudflare Workers compress a body with this header themselves, unless the response says that it is.
      ...(encoder && { encodeBody: 'manual' }),
    }
    if (compress !== undefined) init.headers.append('Vary', 'Accept-Encoding')
    if (encoder !== undefined) init.headers.set('Content-Encoding', compress!.encoding)
    if (reason !== undefined) {
      abandon(this, reason)
      this.#carrier = { response: new Response(null, init) }
      return
    }
    const preamble = toBytes(preambleFrame(settings))
    const first = encoder === undefined ? preamble : encoder.encode(preamble)
    const sink = new WebStreamSink(this, first, source, init)
    this.#carrier = sink
    begin(this, sink, first.length, signal, encoder)
  }

  get response(): Response {
    return this.#carrier.response
  }
}
