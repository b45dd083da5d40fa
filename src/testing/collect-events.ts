import { readEvents } from '../client/read-events.ts'
import { EventwireError } from '../shared/errors.ts'
import type { EventTypes } from '../shared/events/define-events.ts'
import type { AnyEvents, EventOf } from '../shared/events/event-map.ts'
import type { OptionsFor } from '../shared/events/options-for.ts'

/**
 * Collects the events of a body, decoded, until there are enough, and then cancels the body. Eventwire's own events (`sse:`)
 * are left out.
 *
 * @example
 * import { createStream } from 'eventwire/server'
 * import { collectEvents } from 'eventwire/testing'
 *
 * const stream = createStream<{ ping: { time: string } }>()
 * stream.send('ping', { time: '12:00' })
 * const [first] = await collectEvents<{ ping: { time: string } }>(stream.response, { count: 1 })
 * console.log(first) // -> { type: 'ping', data: { time: '12:00' }, id: '' }
 *
 * @param optionsWithEvents when to stop collecting: without `count` and `until`, at the end of the stream.
 * @throws {EventwireError} `stream-ended` when the stream ends before there are enough, and everything that `readEvents()` throws.
 */
export async function collectEvents<Events extends object = AnyEvents>(
  body: Response | ReadableStream<Uint8Array>,
  ...optionsWithEvents: OptionsFor<
    Events,
    {
      /** How many events to collect; without it the number does not matter. */
      readonly count?: number | undefined
      /** Returns `true` for the last event to collect. */
      readonly until?: ((event: EventOf<Events>) => boolean) | undefined
      /** The map made by `defineEvents()` or `eventsWithCodec()`; without it every payload is JSON. */
      readonly events?: (Events & EventTypes) | undefined
    }
  >
): Promise<EventOf<Events>[]> {
  const [{ events, ...enough } = {}]: [((Enough<Events> & { readonly events?: any }) | undefined)?] = optionsWithEvents
  const source = readEvents<any>(body, { events }) as AsyncIterable<EventOf<Events>>
  return collectFrom(source, enough)
}

/** When there are enough events. */
export interface Enough<Events extends object> {
  readonly count?: number | undefined
  readonly until?: ((event: EventOf<Events>) => boolean) | undefined
}

/** Collects from a source, and returns it. */
export async function collectFrom<Events extends object>(
  source: AsyncIterable<EventOf<Events>>,
  { count, until }: Enough<Events>,
): Promise<EventOf<Events>[]> {
  const collected: EventOf<Events>[] = []
  if (count === 0) return collected
  for await (const event of source) {
    collected.push(event)
    if (collected.length === count || until?.(event)) return collected
  }
  if (count !== undefined || until) {
    const received = collected.map(({ type }: any) => type).join(', ') || 'none'
    throw new EventwireError('stream-ended', `the stream ended before enough events arrived; received: ${received}`)
  }
  return collected
}
