import type { EventwireErrorOf } from '../../shared/errors.ts'
import type { SubscribeOptions } from '../options.ts'
import type { Subscription, SubscriptionState } from '../subscription/subscription.ts'

/**
 * Options of `useEvents()`: the options of `subscribe()`, and whether to connect.
 *
 * @example
 * import type { UseEventsOptions } from 'eventwire/react'
 *
 * const options: UseEventsOptions<{ message: string }> = { headers: { Authorization: 'Bearer token' }, enabled: false }
 * console.log(options.enabled) // -> false
 */
export interface UseEventsOptions<Events extends object> extends Omit<SubscribeOptions<Events>, 'lazy'> {
  /**
   * Whether to connect. While it is `false` the state stays as it is; afterwards the client resumes from its cursor.
   * @default true
   */
  readonly enabled?: boolean | undefined
}

/**
 * The state that `useEvents()` keeps for a component.
 *
 * @example
 * import type { EventsState } from 'eventwire/react'
 *
 * const labelOf = ({ state, status, error }: EventsState<{ message: string }, string[]>): string =>
 *   error ? `offline (${error.code})` : `${status}, ${state.length} messages`
 * console.log(typeof labelOf) // -> function
 */
export interface EventsState<Events extends object, State> {
  /** The state that the reducer has computed from the events. */
  readonly state: State
  /** The status of the subscription: `paused` while it is not connected, also during server rendering. */
  readonly status: SubscriptionState['status']
  /** The last error since the connection opened: a lost connection, a close, or a payload that could not be decoded. */
  readonly error: EventwireErrorOf | undefined
  /** The subscription, for listeners of your own and for `reconnect()`. It is lazy: it disconnects when the component unmounts. */
  readonly subscription: Subscription<Events>
}
