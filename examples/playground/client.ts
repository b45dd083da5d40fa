import { type FetchLike, type Gap, type Subscription, type SubscriptionState, subscribe } from 'eventwire/client'
import type { AppEvents } from './server.ts'

export interface View {
  showTick(count: number): void
  showGap(gap: Gap): void
  showState(state: SubscriptionState): void
}

/** The client of the playground. Its `fetch` reaches the server through the network of this page. */
export function startClient(fetch: FetchLike, view: View): Subscription<AppEvents> {
  const retry = { min: 1_000, max: 3_000 }
  const subscription = subscribe<AppEvents>('https://example.com/events', { fetch, retry })
  subscription.on('tick', ({ count }) => view.showTick(count))
  subscription.onGap((gap) => view.showGap(gap))
  subscription.onError(() => {}) // the state says what happened
  subscription.state.subscribe((state) => view.showState(state))
  return subscription
}
