import type { EventName, Received } from 'eventwire'
import type { Listenable, SubscriptionState } from 'eventwire/client'
import { type Accessor, createSignal, from, onCleanup } from 'solid-js'

/** Where a subscription stands. */
export function createConnection({ state }: Pick<Listenable<object>, 'state'>): Accessor<SubscriptionState> {
  return from(state, state.get())
}

/** The last payload of an event, `undefined` before the first; stops listening with its owner. */
export function createLatest<Events extends object, Name extends EventName<Events>>(
  source: Listenable<Events>,
  type: Name,
): Accessor<Received<Events, Name> | undefined> {
  const [latest, setLatest] = createSignal<Received<Events, Name>>()
  onCleanup(source.on(type, (data) => setLatest(() => data)))
  return latest
}
