import { onTestFinished } from 'vitest'
import { type SubscribeOptions, type Subscription, subscribe } from '../../src/client/index.ts'
import type { EventwireError, OptionsFor } from '../../src/index.ts'

/** A subscription that ends with its test. */
export function subscribed<Events extends object = { message: any; ping: any }>(
  url: Parameters<typeof subscribe>[0],
  ...options: OptionsFor<Events, SubscribeOptions<Events>>
): Subscription<Events> {
  const subscription = subscribe<Events>(url, ...options)
  onTestFinished(() => subscription.close())
  return subscription
}

/** The next error. */
export function nextError(subscription: Subscription<any>): Promise<EventwireError> {
  return new Promise((resolve) => subscription.onError(resolve, { once: true }))
}

/** All errors from here on. */
export function errorsOf(subscription: Subscription<any>): EventwireError[] {
  const errors: EventwireError[] = []
  subscription.onError((error) => errors.push(error))
  return errors
}

/** The exception of a call. */
export function thrown(call: () => unknown): any {
  try {
    call()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

/** Retries quickly. */
export const quick = { retry: { min: 1, max: 5 } } as const
