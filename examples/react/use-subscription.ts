import type { EventName, OptionsFor, Received } from 'eventwire'
import {
  type Listenable,
  type SubscribeOptions,
  type Subscription,
  type SubscriptionState,
  subscribe,
} from 'eventwire/client'
import { useEffect, useState, useSyncExternalStore } from 'react'

/** Where a subscription stands; renders when that changes. */
export function useConnection({ state }: Pick<Listenable<object>, 'state'>): SubscriptionState {
  return useSyncExternalStore(state.subscribe, state.get, state.get)
}

/** The last payload of an event, `undefined` before the first. */
export function useLatest<Events extends object, Name extends EventName<Events>>(
  source: Listenable<Events> | undefined,
  type: Name,
): Received<Events, Name> | undefined {
  const [latest, setLatest] = useState<Received<Events, Name>>()
  useEffect(() => source?.on(type, (data) => setLatest(() => data)), [source, type])
  return latest
}

/**
 * A subscription that lives as long as the component; `options` are read once for each URL. It is lazy: it connects when
 * `useLatest` or `useConnection` attaches to it, so the first event finds its listeners.
 */
export function useSubscription<Events extends object>(
  url: string,
  ...options: OptionsFor<Events, SubscribeOptions<Events>>
): Subscription<Events> | undefined {
  const [subscription, setSubscription] = useState<Subscription<Events>>()
  // biome-ignore lint/correctness/useExhaustiveDependencies: an options object made while rendering would reconnect each time
  useEffect(() => {
    const lazy = [{ ...options[0], lazy: true }] as typeof options
    const opened = subscribe<Events>(url, ...lazy)
    setSubscription(opened)
    return opened.close
  }, [url])
  return subscription
}
