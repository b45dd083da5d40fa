import { EventwireError } from '../../shared/errors.ts'
import type { WatchedStore } from './state.ts'
import type { ListenerOptions, SubscriptionState } from './subscription.ts'

/** A promise of what a listener will hear; it rejects when the subscription closes before, or the signal aborts. */
export function next<Value>(
  state: WatchedStore<SubscriptionState>,
  signal: AbortSignal | undefined,
  add: (resolve: (value: Value) => void, options: ListenerOptions) => void,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const done = new AbortController()
    const options = { signal: done.signal }
    const fail = (reason: unknown) => {
      done.abort()
      reject(reason)
    }
    const aborted = () => fail(signal!.reason)
    if (signal?.aborted) return aborted()
    signal?.addEventListener('abort', aborted, options)
    state.subscribe((state) => {
      if (state.status !== 'closed') return
      const { error, reason } = state
      fail(error ?? new EventwireError('closed', `the subscription closed (${reason}) before this came`))
    }, options)
    add((value) => {
      done.abort()
      resolve(value)
    }, options)
  })
}
