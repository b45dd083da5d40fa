import type { EventType } from './codec.ts'
import type { EventTypes } from './define-events.ts'

/**
 * The last parameter of a function that reads or writes events: options that may be left out, except with a map made by
 * `defineEvents()` or `eventsWithCodec()`. Its codecs and schemas exist at run time only, so the map itself is required as `events`.
 * A function that passes options on takes it as a rest parameter.
 *
 * @example
 * import type { OptionsFor } from 'eventwire'
 * import { type SubscribeOptions, subscribe } from 'eventwire/client'
 *
 * function connect<Events extends object>(...options: OptionsFor<Events, SubscribeOptions<Events>>) {
 *   return subscribe<Events>('https://example.com/events', ...options)
 * }
 * const subscription = connect<{ ping: { time: string } }>({ headers: { Authorization: 'Bearer token' } })
 * subscription.on('ping', ({ time }) => console.log(time)) // -> 12:00
 */
export type OptionsFor<Events extends object, Options> =
  IsDefined<Events> extends true
    ? [options: { readonly events: Events & EventTypes } & Options]
    : [options?: Options | undefined]

/**
 * Compares member by member and stops at the first plain one, so that a large plain map costs nothing. `any` is assignable to
 * an event type, but not to `never`.
 */
type IsDefined<Events> = [keyof Events] extends [never]
  ? false
  : Events extends { readonly [Name in keyof Events]: 0 extends 1 & Events[Name] ? never : EventType<any, any> }
    ? true
    : false
