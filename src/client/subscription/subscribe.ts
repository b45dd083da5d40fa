import { refuseOption } from '../../shared/errors.ts'
import { decoderLookupOf } from '../../shared/events/define-events.ts'
import type { AnyEvents } from '../../shared/events/event-map.ts'
import type { OptionsFor } from '../../shared/events/options-for.ts'
import type { AttemptContext, SubscribeOptions } from '../options.ts'
import { fetchTransport } from '../transport/fetch-transport.ts'
import { checkOptions } from './check-options.ts'
import type { Source } from './connection.ts'
import { CursorTracker } from './cursor-tracker.ts'
import { Dispatcher } from './dispatch.ts'
import { Lifecycle } from './lifecycle.ts'
import { createListenable } from './listenable.ts'
import type { Subscription } from './subscription.ts'

/**
 * Subscribes to a server's events, and reconnects with the id of the last event whenever a retry can help. The first request
 * is sent in a microtask.
 *
 * @example
 * import { subscribe } from 'eventwire/client'
 *
 * const subscription = subscribe<{ ping: { time: string } }>('https://example.com/events')
 * subscription.on('ping', ({ time }) => console.log(time)) // -> 12:00
 * subscription.onError((error) => console.warn(error.message))
 *
 * @param url absolute, relative to the document, or a function called before every attempt.
 * @throws {EventwireError} `invalid-option` for a URL that is not one, for an option that makes no sense, and for one that the transport
 *   cannot honour.
 * @throws {TypeError} for headers that HTTP does not allow, and for `json` that JSON cannot carry.
 */
export function subscribe<Events extends object = AnyEvents>(
  url: string | URL | ((context: AttemptContext) => string | URL | Promise<string | URL>),
  ...optionsWithEvents: OptionsFor<Events, SubscribeOptions<Events>>
): Subscription<Events> {
  const [options = {}] = optionsWithEvents
  const { transport: given = fetchTransport, fallback, events, lastEventId, storage } = options
  const transport = fallback ? fallback.over(given) : given
  checkOptions(url, options, transport)
  const cursor = new CursorTracker(lastEventId, storage, (error) => dispatcher.emitError(error))
  const dispatcher: Dispatcher = new Dispatcher(decoderLookupOf(events), cursor)
  const listen: Source['listen'] = (listener) => dispatcher.onName(listener)
  const lifecycle = new Lifecycle({ url, options, transport, cursor, listen }, dispatcher)
  const { state } = lifecycle
  const names = Object.keys(events ?? {})
  const needNames = () => {
    if (!transport.byName) return
    if (names.length === 0) refuseOption('transport', 'one that listens by name', '`events` made by defineEvents()')
    for (const name of names) dispatcher.listen(name)
  }
  const { gaps, comments } = lifecycle
  const listenable = createListenable({
    dispatcher,
    gaps,
    state,
    close: () => lifecycle.close({ reason: 'client' }),
    lastEventId: () => cursor.received,
    beforeAny: needNames,
    watch: options.lazy ? () => lifecycle.watch(() => {}) : undefined,
  })
  const extras: Partial<Subscription<any>> = {
    state: {
      get: state.get,
      subscribe: (listener) => lifecycle.watch(state.subscribe(listener)),
    },
    onComment: (listener, options) => comments.add(listener, options),
    reconnect: () => lifecycle.connect(),
    pause: () => lifecycle.pause('manual'),
    resume: () => lifecycle.resume('manual'),
  }
  return Object.assign(listenable, extras) as Subscription<Events>
}
