import { type EventTypes, findDecoderOf } from '../shared/events/define-events.ts'
import type { AnyEvents, EventOf } from '../shared/events/event-map.ts'
import type { OptionsFor } from '../shared/events/options-for.ts'
import { decodePayload } from '../shared/events/payload.ts'
import { END_EVENT, RESERVED_PREFIX } from '../shared/wire/names.ts'
import { createParser, type Message } from '../shared/wire/parse.ts'
import { checkResponse, discard } from './transport/check-response.ts'

/**
 * Options of `readEvents()`.
 *
 * @example
 * import { type ReadOptions, readEvents } from 'eventwire/client'
 *
 * type Events = { message: { token: string } }
 * const options: ReadOptions<Events> = { maxEventSize: 65_536, until: ({ data }) => data === '[DONE]' }
 * const body = new Blob(['data: {"token":"Hello"}\n\ndata: [DONE]\n\n']).stream()
 * for await (const { data } of readEvents(body, options)) console.log(data.token) // -> Hello
 */
export interface ReadOptions<Events extends object> {
  /** The map made by `defineEvents()` or `everyEvent()`; without it every payload is JSON. */
  readonly events?: (Events & EventTypes) | undefined
  /**
   * The most bytes that a line or an event may have.
   * @default 16 MiB (16,777,216)
   */
  readonly maxEventSize?: number | undefined
  /** Stops at the event for which it returns `true`; that event is not delivered. */
  readonly until?: ((raw: Message) => boolean) | undefined
}

/**
 * Reads the events of one body, without reconnection: a model's answer, a file, a test. Leaving the loop cancels the
 * body.
 *
 * @example
 * import { readEvents } from 'eventwire/client'
 *
 * const response = await fetch('https://example.com/completions', { method: 'POST', body: '{"stream":true}' })
 * const answer = readEvents<{ message: { token: string } }>(response, { until: ({ data }) => data === '[DONE]' })
 * for await (const { data } of answer) console.log(data.token) // -> Hello
 *
 * @throws {EventwireError} In the loop: `http-status`, `wrong-content-type`, `missing-body` for a response that is no
 *   stream, `payload-not-decodable`, `payload-rejected`, `event-too-large`; `invalid-option` for an option that makes
 *   no sense.
 */
export async function* readEvents<Events extends object = AnyEvents>(
  body: Response | ReadableStream<Uint8Array>,
  ...optionsWithEvents: OptionsFor<Events, ReadOptions<Events>>
): AsyncGenerator<EventOf<Events>, void, undefined> {
  const [{ events, maxEventSize, until } = {}]: [(ReadOptions<Events> | undefined)?] = optionsWithEvents
  const find = findDecoderOf(events)
  const messages: Message[] = []
  const parser = createParser({ onMessage: (message) => messages.push(message), maxEventSize })
  if (body instanceof Response) await checkResponse(body, body.url)
  const reader = (body instanceof Response ? body.body! : body).getReader()
  try {
    for (let failed = false, failure: unknown; !failed; ) {
      const { done, value } = await reader.read()
      if (done) return
      try {
        parser.feed(value)
      } catch (error) {
        // The events before the one that is too large come first.
        failed = true
        failure = error
      }
      for (const message of messages.splice(0)) {
        const { type, data, id } = message
        if (type === END_EVENT) return
        if (type.startsWith(RESERVED_PREFIX)) continue
        if (until?.(message)) return
        const wireType = find(type)
        if (wireType) yield { type, data: await decodePayload(wireType, type, data, id), id } as EventOf<Events>
      }
      if (failed) throw failure
    }
  } finally {
    discard(reader)
  }
}
