import { onAbort } from '../../shared/abort.ts'
import { EventwireError } from '../../shared/errors.ts'
import type { Store } from '../../shared/store.ts'
import type { SubscriptionState } from './subscription.ts'

/** A promise of the first value of a listener; it rejects when the subscription closes before, or the signal aborts. */
export function firstOf<Value>(
  state: Store<SubscriptionState>,
  signal: AbortSignal | undefined,
  add: (resolve: (value: Value) => void) => () => void,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const removals: (() => void)[] = []
    let settled = false
    const settle = <Result>(how: (result: Result) => void, result: Result) => {
      how(result)
      settled = true
      for (const remove of removals) remove()
    }
    removals.push(
      add((value) => settle(resolve, value)),
      state.subscribe((state) => {
        if (state.status !== 'closed') return
        const { error, reason } = state
        settle(
          reject,
          error ?? new EventwireError('closed', `the subscription closed (${reason}) before this happened`),
        )
      }),
    )
    if (signal) removals.push(onAbort(signal, () => settle(reject, signal.reason)))
    if (settled) settle(() => {}, undefined)
  })
}
