import { EventwireError } from '../../shared/errors.ts'
import type { SubscriptionState } from '../subscription/subscription.ts'

/** A state as it crosses the channel between tabs: a clone of an `Error` would lose its fields, and `Headers` cannot be cloned. */
export type PostedState = { readonly status: SubscriptionState['status'] } & Readonly<Record<string, unknown>>

export function postedState({ error, headers, ...plain }: any): PostedState {
  return {
    ...plain,
    ...(headers && { headers: [...headers] }),
    ...(error && { error: { ...postedState(error), message: error.message } }),
  }
}

export function stateOf({ error, headers, ...plain }: any): any {
  return {
    ...plain,
    ...(headers && { headers: new Headers(headers) }),
    ...(error && { error: new EventwireError(error.code, error.message, stateOf(error)) }),
  }
}
