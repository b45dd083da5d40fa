import type { EventName, Received } from 'eventwire'
import type { Subscription, SubscriptionState } from 'eventwire/client'
import { Observable } from 'rxjs'

/** The payloads of an event. Completes when the subscription closes, fails when an error closed it. */
export function observe<Events extends object, Name extends EventName<Events>>(
  source: Subscription<Events>,
  type: Name,
): Observable<Received<Events, Name>> {
  return new Observable((observer) => {
    void source.closed.then(({ error }) => (error ? observer.error(error) : observer.complete()))
    return source.on(type, (data) => observer.next(data))
  })
}

/** Where a subscription stands, from now on. */
export function observeConnection({ state }: Pick<Subscription<object>, 'state'>): Observable<SubscriptionState> {
  return new Observable((observer) => state.subscribe((next) => observer.next(next)))
}
