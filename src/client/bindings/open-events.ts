import type { EventwireErrorOf } from '../../shared/errors.ts'
import { fold, type Reducer } from '../../shared/fold/fold.ts'
import { type Followable, type Follower, follow } from '../../shared/fold/source.ts'
import { createStore, type Store } from '../../shared/store.ts'
import { subscribe } from '../subscription/subscribe.ts'
import type { Subscription } from '../subscription/subscription.ts'
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
  { ...rules }: Reducer<Events, State>,
  { enabled: _, ...options }: UseEventsOptions<Events> = {},
): OpenEvents<Events, State> {
  const subscription = subscribe<any>(url, { ...options, lazy: true } as never) as Subscription<any> & Followable
  const names = Object.keys(rules.on)
  let given: Follower
  const source: Followable = {
    [follow](types, follower) {
      given = follower
      return subscription[follow](types, given)
    },
  }
  const folded = fold<Events, State>(source as object, rules)
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
    ...store,
    url: `${url}`,
    setReducer({ on, onGap }) {
      Object.assign(rules, { on, onGap })
      // The fold looks up each function when an event arrives, and has read the names once. It receives the gaps already.
      for (const name of Object.keys(on)) {
        if (names.includes(name)) continue
        names.push(name)
        subscription[follow]([name], { ...given, gap() {} })
      }
    },
    subscribe(listener) {
      const removes = [folded.subscribe(update), subscription.state.subscribe(update), store.subscribe(listener)]
      return () => {
        for (const remove of removes) remove()
      }
    },
  }
}
