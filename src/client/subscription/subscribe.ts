import { decoderLookupOf } from '../../shared/events/define-events.ts'
import type { AnyEvents } from '../../shared/events/event-map.ts'
import type { OptionsFor } from '../../shared/events/options-for.ts'
import type { AttemptContext, SubscribeOptions } from '../options.ts'
import { fetchTransport } from '../transport/fetch-transport.ts'
import { checkOptions } from './check-options.ts'
import type { Source } from './connection.ts'
import { CursorTracker } from './cursor-tracker.ts'
import { Dispatcher } from './dispatch.ts'
import { firstOf } from './first-of.ts'
import { Lifecycle } from './lifecycle.ts'
import type { CloseInfo, ListenerOptions, Subscription } from './subscription.ts'

/**
 * Subscribes to a server's events and stays subscribed: reconnects, with the cursor of the last event, after every loss
 * that a retry can mend. The first request goes out in a microtask.
 *
 * @example
 * import { subscribe } from 'eventwire/client'
 *
 * const subscription = subscribe<{ ping: { time: string } }>('https://example.com/events')
 * subscription.on('ping', ({ time }) => console.log(time)) // -> 12:00
 * subscription.onError((error) => console.warn(error.message))
 *
 * @param url absolute, relative to the document, or a function called before every attempt.
 * @throws {EventwireError} `invalid-option` for a URL that is not one and for an option that makes no sense.
 * @throws {TypeError} for headers that HTTP does not allow, for `json` that JSON cannot carry, and for an option that the
 *   transport cannot honour.
 */
export function subscribe<Events extends object = AnyEvents>(
  url: string | URL | ((context: AttemptContext) => string | URL | Promise<string | URL>),
  ...optionsWithEvents: OptionsFor<Events, SubscribeOptions<Events>>
): Subscription<Events> {
  const [options = {}] = optionsWithEvents
  const { transport = fetchTransport, events, lastEventId, storage } = options
  checkOptions(url, options, transport)
  const cursor = new CursorTracker(lastEventId, storage, (error) => dispatcher.emitError(error))
  const dispatcher: Dispatcher = new Dispatcher(decoderLookupOf(events), cursor)
  const listen: Source['listen'] = (listener) => dispatcher.onName(listener)
  const lifecycle = new Lifecycle({ url, options, transport, cursor, listen }, dispatcher)
  const { state } = lifecycle
  const close = () => lifecycle.close({ reason: 'client' })
  const opened = firstOf<void>(state, undefined, (resolve) =>
    state.subscribe(({ status }) => status === 'open' && resolve()),
  )
  opened.catch(() => {})
  const names = Object.keys(events ?? {})
  const needNames = () => {
    if (!transport.byName) return
    if (names.length === 0) throw new TypeError('this transport listens by name; give `events` made by defineEvents()')
    for (const name of names) dispatcher.listen(name)
  }
  const iterate = (types: readonly string[]) => ({
    [Symbol.asyncIterator]() {
      if (types.length === 0) needNames()
      for (const type of types) dispatcher.listen(type)
      return dispatcher.iterate(types, state.get())
    },
  })
  const on = (type: string, listener: (data: any, event: any) => void, options?: ListenerOptions) =>
    state.get().status === 'closed' ? () => {} : dispatcher.listen(type).add(listener, options)
  return {
    ...iterate([]),
    state: {
      get: state.get,
      subscribe: (listener) => lifecycle.watch(state.subscribe(listener)),
    },
    opened,
    closed: new Promise((resolve) =>
      state.subscribe(({ status, ...closed }) => status === 'closed' && resolve(closed as CloseInfo)),
    ),
    get status() {
      return state.get().status
    },
    get lastEventId() {
      return cursor.received
    },
    on,
    once: (type: string, { signal }: Pick<ListenerOptions, 'signal'> = {}) =>
      firstOf(state, signal, (resolve) => on(type, (_, event) => resolve(event))),
    onAny(listener: (event: any) => void, options) {
      needNames()
      return dispatcher.any.add(listener, options)
    },
    onError: (listener: (error: any) => void, options) => dispatcher.errors.add(listener, options),
    onGap: (listener, options) => lifecycle.gaps.add(listener, options),
    onComment: (listener, options) => lifecycle.comments.add(listener, options),
    events: (...types: string[]) => iterate(types),
    reconnect: () => lifecycle.connect(),
    pause: () => lifecycle.pause('manual'),
    resume: () => lifecycle.resume('manual'),
    close,
    [Symbol.dispose]: close,
  } as Subscription<any> as Subscription<Events>
}
