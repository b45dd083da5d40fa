import { useEffect, useState, useSyncExternalStore } from 'react'
import { openEvents } from '../client/bindings/open-events.ts'
import type { EventsState, UseEventsOptions } from '../client/bindings/types.ts'
import type { OptionsFor } from '../shared/events/options-for.ts'
import type { Reducer } from '../shared/fold/fold.ts'

/**
 * Subscribes to a server's events while the component is mounted, and folds them into a state.
 *
 * The connection is made when the component has mounted, and the reducer is attached before: no event is lost, however soon the server
 * responds. Where a server renders, the state is the initial one and nothing is requested. StrictMode makes one request. Another URL
 * begins anew from the initial state. The reducer may be written inline: events are folded by that of the last render. `options` are
 * read once for each URL, apart from `enabled`.
 *
 * @example
 * import type { Reducer } from 'eventwire'
 * import { useEvents } from 'eventwire/react'
 * import { createElement } from 'react'
 * import { renderToString } from 'react-dom/server'
 *
 * const list: Reducer<{ added: string }, readonly string[]> = {
 *   initial: [],
 *   on: { added: (items, item) => [...items, item] },
 * }
 * function List() {
 *   const { state, status } = useEvents('/list', list)
 *   return createElement('p', { className: status }, state.length, ' items')
 * }
 * console.log(renderToString(createElement(List))) // -> <p class="paused">0<!-- --> items</p>
 *
 * @throws {EventwireError} `invalid-option` for a URL that is not one and for an option that makes no sense.
 */
export function useEvents<Events extends object, State>(
  url: string | URL,
  reducer: Reducer<Events, State>,
  ...optionsWithEvents: OptionsFor<Events, UseEventsOptions<Events>>
): EventsState<Events, State> {
  const options: UseEventsOptions<Events> = optionsWithEvents[0] ?? {}
  const open = () => openEvents(url, reducer, options)
  const [held, hold] = useState(open)
  let events = held
  // The state of another URL must not be shown for this one, not even once.
  if (held.url !== `${url}`) {
    events = open()
    hold(events)
  }
  useEffect(() => events.setReducer(reducer))
  return useSyncExternalStore((options.enabled ?? true) ? events.subscribe : stayIdle, events.get, events.get)
}

const stayIdle = () => () => {}
