import { EventwireError } from '../shared/errors.ts'
import { decoderLookupOf, type EventTypes } from '../shared/events/define-events.ts'
import type { AnyEvents, EventOf } from '../shared/events/event-map.ts'
import type { OptionsFor } from '../shared/events/options-for.ts'
import { decodePayload } from '../shared/events/payload.ts'
import { controlIn } from '../shared/wire/control-comment.ts'
import { END_EVENT, RESERVED_PREFIX } from '../shared/wire/names.ts'
import { createParser, eventWith, type Message } from '../shared/wire/parse.ts'
import type { ResponseLike } from './options.ts'
import { checkResponse, discard, isWebStream } from './transport/check-response.ts'
import { connectionFailed } from './transport/connection-failed.ts'

/** Ends the line and the event, complete or not. */
const BLANK_LINE = new Uint8Array([10, 10])

/** Options of `readEvents()`. */
export interface ReadOptions<Events extends object> {
  /** The map made by `defineEvents()` or `eventsWithCodec()`; without it every payload is JSON. */
  readonly events?: (Events & EventTypes) | undefined
  /**
   * The most bytes that a line or an event may have.
   * @default 16 MiB (16,777,216)
   */
  readonly maxEventSize?: number | undefined
  /** Stops at the event for which it returns `true`; that event is not delivered. An end without it is an error. */
  readonly until?: ((raw: Message) => boolean) | undefined
  /**
   * Delivers a last event that lacks its blank line.
   * @default false
   */
  readonly flush?: boolean | undefined
  /**
   * Responses to accept besides a 200 with `text/event-stream`: a list of media types (`''` for none), or `false` for any type;
   * either accepts every 2xx status with a body.
   * @default only `text/event-stream` with status 200
   */
  readonly accept?: false | readonly string[] | undefined
}

/**
 * Reads the events of one response or body, without reconnection: a model's response, a file, a test. Leaving the loop cancels
 * the body.
 *
 * @example
 * import { readEvents } from 'eventwire/client'
 *
 * const response = await fetch('https://example.com/completions', { method: 'POST', body: '{"stream":true}' })
 * const answer = readEvents<{ message: { token: string } }>(response, { until: ({ data }) => data === '[DONE]' })
 * for await (const { data } of answer) console.log(data.token) // -> Hello
 *
 * @throws {EventwireError} In the loop: `http-status`, `wrong-content-type`, `missing-body` for a response that is not a
 *   stream; `network` when the body breaks, `stream-ended` when it ends before the event that `until` waits for;
 *   `payload-not-decodable`, `payload-rejected`, `event-too-large`; `invalid-option` for an option that makes no sense, and for a
 *   source that is not a response or a body, such as the promise that `fetch()` returns.
 */
export async function* readEvents<Events extends object = AnyEvents>(
  source: ResponseLike | ReadableStream<Uint8Array>,
  ...optionsWithEvents: OptionsFor<Events, ReadOptions<Events>>
): AsyncGenerator<EventOf<Events>, void, undefined> {
  const [{ events, maxEventSize, until, flush, accept } = {}]: [(ReadOptions<Events> | undefined)?] = optionsWithEvents
  const lookup = decoderLookupOf(events)
  const messages: Message[] = []
  const onMessage = (message: Message) => messages.push(message)
  const onComment = (text: string) => {
    const control = controlIn(text, '')
    if (control) onMessage(control)
  }
  const parser = createParser({ onMessage, onComment, maxEventSize })
  const body = isWebStream(source) ? source : source?.headers && (await checkResponse(source, accept))
  if (!body) throw new EventwireError('invalid-option', 'source is not a response; await fetch()')
  const reader = body.getReader()
  try {
    for (let over = false, failure: unknown; !over; ) {
      try {
        const { done, value = flush && BLANK_LINE } = await reader.read()
        over = done
        if (value) parser.feed(value)
      } catch (cause) {
        // The events before the failure come first.
        over = true
        failure = connectionFailed(cause, (source as ResponseLike).url || undefined)
      }
      for (const message of messages.splice(0)) {
        const { type, data, id, topics } = message
        if (type === END_EVENT && !until) return
        if (type.startsWith(RESERVED_PREFIX)) continue
        if (until?.(message)) return
        const wireType = lookup(type)
        if (wireType)
          yield eventWith(type, await decodePayload(wireType, type, data, id), id, topics) as EventOf<Events>
      }
      if (failure) throw failure
    }
    if (until) throw new EventwireError('stream-ended', 'the stream ended before the event that `until` waits for')
  } finally {
    discard(reader)
  }
}
