import { createSubscriber } from 'svelte/reactivity'
import { type OpenEvents, openEvents } from '../client/bindings/open-events.ts'
import type { EventsState, UseEventsOptions } from '../client/bindings/types.ts'
import type { OptionsFor } from '../shared/events/options-for.ts'
import type { Reducer } from '../shared/fold/fold.ts'

/**
 * Subscribes to a server's events while something reactive reads them, and folds them into a state.
 *
 * Read the members of the object that it returns where they are used: `events.state` in the markup, in `$derived` or in an effect. The first
 * reader connects, and the reducer is attached before: no event is lost, however soon the server responds. The last reader disconnects.
 * Where a server renders, the state is the initial one and nothing is requested. Give a function for a URL that changes; another URL begins
 * anew from the initial state.
 *
 * @example
 * import type { Reducer } from 'eventwire'
 * import { useEvents } from 'eventwire/svelte'
 *
 * const list: Reducer<{ added: string }, readonly string[]> = {
 *   initial: [],
 *   on: { added: (items, item) => [...items, item] },
 * }
 * const events = useEvents('/list', list)
 * console.log(events.status, events.state) // -> paused []
 *
 * @throws {EventwireError} `invalid-option` for a URL that is not one and for an option that makes no sense.
 */
export function useEvents<Events extends object, State>(
  url: string | URL | (() => string | URL),
  reducer: Reducer<Events, State>,
  ...optionsWithEvents: OptionsFor<Events, Omit<UseEventsOptions<Events>, 'enabled'>>
): EventsState<Events, State> {
  let events: OpenEvents<Events, State> | undefined
  let watch: () => void
  const read = (): EventsState<Events, State> => {
    const address = typeof url === 'function' ? url() : url
    if (events?.url !== `${address}`) {
      const opened = openEvents(address, reducer, optionsWithEvents[0])
      events = opened
      watch = createSubscriber((update) => {
        const before = opened.get()
        return opened.subscribe((next) => next !== before && update())
      })
    }
    watch()
    return events.get()
  }
  read()
  return {
    get state() {
      return read().state
    },
    get status() {
      return read().status
    },
    get error() {
      return read().error
    },
    get subscription() {
      return read().subscription
    },
  }
}
