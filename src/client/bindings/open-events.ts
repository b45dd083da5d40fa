import type { EventwireErrorOf } from '../../shared/errors.ts'
import { fold, type Reducer } from '../../shared/fold/fold.ts'
import { createStore, type Store } from '../../shared/store.ts'
import { subscribe } from '../subscription/subscribe.ts'
import type { EventsState, UseEventsOptions } from './types.ts'

/** A subscription and its fold, as one store for a UI framework. */
export interface OpenEvents<Events extends object, State> extends Store<EventsState<Events, State>> {
  readonly url: string
  /** Replaces the reducer with that of a later render. */
  readonly setReducer: (reducer: Reducer<Events, State>) => void
}

/**
 * Creates a lazy subscription and its fold. The client sends no request before the store is watched. No global refers to either of
 * them, so a framework may drop both without closing anything.
 */
export function openEvents<Events extends object, State>(
  url: string | URL,
  reducer: Reducer<Events, State>,
  { enabled: _, ...options }: UseEventsOptions<Events> = {},
): OpenEvents<Events, State> {
  const subscription = subscribe<any>(url, { ...options, lazy: true } as never)
  let current = reducer
  const folded = fold<Events, State>(subscription as object, {
    initial: reducer.initial,
    get on() {
      return current.on
    },
    get onGap() {
      return current.onGap
    },
  })
  let connection = subscription.state.get()
  let error: EventwireErrorOf | undefined
  const present = (): EventsState<Events, State> => ({
    state: folded.get(),
    status: connection.status,
    error,
    subscription: subscription as never,
  })
  const [store, set] = createStore(present())
  const update = () => {
    const next = subscription.state.get()
    if (next !== connection && next.status === 'open') error = undefined
    connection = next
    const { state, status, error: known } = store.get()
    if (state !== folded.get() || status !== next.status || known !== error) set(present())
  }
  subscription.onError((lost) => {
    error = lost
    update()
  })
  return {
    url: `${url}`,
    setReducer(reducer) {
      current = reducer
    },
    get: store.get,
    subscribe(listener) {
      const removes = [folded.subscribe(update), subscription.state.subscribe(update), store.subscribe(listener)]
      return () => {
        for (const remove of removes) remove()
      }
    },
  }
}
