import { type Accessor, createEffect, createMemo, createSignal, onCleanup } from 'solid-js'
import { openEvents } from '../client/bindings/open-events.ts'
import type { EventsState, UseEventsOptions } from '../client/bindings/types.ts'
import type { OptionsFor } from '../shared/events/options-for.ts'
import type { Reducer } from '../shared/fold/fold.ts'

/**
 * The state that `useEvents()` keeps for a component, each part as an accessor.
 *
 * @example
 * import type { EventsAccessors } from 'eventwire/solid'
 *
 * const isLive = ({ status }: EventsAccessors<{ message: string }, string[]>): boolean => status() === 'open'
 * console.log(typeof isLive) // -> function
 */
export type EventsAccessors<Events extends object, State> = {
  readonly [Part in keyof EventsState<Events, State>]: Accessor<EventsState<Events, State>[Part]>
}

/**
 * Subscribes to a server's events while its owner lives, and folds them into a state.
 *
 * The connection is made in an effect, and the reducer is attached before: no event is lost, however soon the server responds. Where a
 * server renders, the state is the initial one and nothing is requested. Give an accessor for a URL that changes; another URL begins anew
 * from the initial state.
 *
 * @example
 * import type { Reducer } from 'eventwire'
 * import { useEvents } from 'eventwire/solid'
 * import { createRoot } from 'solid-js'
 *
 * const list: Reducer<{ added: string }, readonly string[]> = {
 *   initial: [],
 *   on: { added: (items, item) => [...items, item] },
 * }
 * createRoot((dispose) => {
 *   const { state, status } = useEvents('/list', list)
 *   console.log(status(), state()) // -> paused []
 *   dispose()
 * })
 *
 * @throws {EventwireError} `invalid-option` for a URL that is not one and for an option that makes no sense.
 */
export function useEvents<Events extends object, State>(
  url: string | URL | Accessor<string | URL>,
  reducer: Reducer<Events, State>,
  ...optionsWithEvents: OptionsFor<Events, UseEventsOptions<Events>>
): EventsAccessors<Events, State> {
  const options: UseEventsOptions<Events> = optionsWithEvents[0] ?? {}
  const address = createMemo(() => `${typeof url === 'function' ? url() : url}`)
  const present = createMemo(() => {
    const events = openEvents(address(), reducer, options)
    const [present, setPresent] = createSignal(events.get())
    createEffect(() => {
      if (options.enabled ?? true) onCleanup(events.subscribe((next) => setPresent(() => next)))
    })
    return present
  })
  return {
    state: () => present()().state,
    status: () => present()().status,
    error: () => present()().error,
    subscription: () => present()().subscription,
  }
}
