import { EventwireError } from '../shared/errors.ts'
import type { Lifecycle } from './lifecycle.ts'
import type { ListenerOptions } from './subscription.ts'

/** A promise of what a listener will hear; it rejects when the subscription closes before, or the signal aborts. */
export function next<Value>(
  lifecycle: Lifecycle,
  signal: AbortSignal | undefined,
  add: (resolve: (value: Value) => void, options: ListenerOptions) => void,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const done = new AbortController()
    const settling =
      <Args extends unknown[]>(settle: (...args: Args) => void) =>
      (...args: Args) => {
        done.abort()
        settle(...args)
      }
    const options = { signal: done.signal }
    const aborted = settling(() => reject(signal?.reason))
    if (signal?.aborted) return aborted()
    signal?.addEventListener('abort', aborted, options)
    lifecycle.whenClosed(
      settling(({ reason, error }) =>
        reject(error ?? new EventwireError('closed', `the subscription closed (${reason}) before this came`)),
      ),
      options,
    )
    add(settling(resolve), options)
  })
}
