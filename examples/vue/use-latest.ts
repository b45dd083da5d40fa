import type { EventName, Received } from 'eventwire'
import type { Listenable, SubscriptionState } from 'eventwire/client'
import { onScopeDispose, type ShallowRef, shallowRef } from 'vue'

/** Where a subscription stands. */
export function useConnection({ state }: Pick<Listenable<object>, 'state'>): ShallowRef<SubscriptionState> {
  const connection = shallowRef(state.get())
  onScopeDispose(state.subscribe((next) => (connection.value = next)))
  return connection
}

/** The last payload of an event, `undefined` before the first; stops listening with its component. */
export function useLatest<Events extends object, Name extends EventName<Events>>(
  source: Listenable<Events>,
  type: Name,
): ShallowRef<Received<Events, Name> | undefined> {
  const latest = shallowRef<Received<Events, Name>>()
  onScopeDispose(source.on(type, (data) => (latest.value = data)))
  return latest
}
