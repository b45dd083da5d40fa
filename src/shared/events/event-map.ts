import type { EventType } from './codec.ts'
import type { Jsonify } from './jsonify.ts'

/** The names of an event map: its string keys. */
export type EventName<Events> = keyof Events & string

type SentMap<Events> = {
  [Name in EventName<Events>]: [Events[Name]] extends [never]
    ? never
    : Events[Name] extends EventType<infer Payload, any>
      ? Payload
      : Events[Name]
}
type ReceivedMap<Events> = {
  [Name in EventName<Events>]: [Events[Name]] extends [never]
    ? never
    : Events[Name] extends EventType<any, infer Payload>
      ? Payload
      : Jsonify<Events[Name]>
}
type EventMap<Events> = {
  [Name in EventName<Events>]: {
    /** Name of the event. */
    readonly type: Name
    /** The payload, decoded. */
    readonly data: ReceivedMap<Events>[Name]
    /** The last event id at this event: its own, or the one before it. */
    readonly id: string
    /**
     * The topics of the event among those that this client reads, when it reads more than one exact topic of a channel. Otherwise
     * the member is left out.
     */
    readonly topics?: readonly string[] | undefined
  }
}

/** The payload that the server passes to `send` for an event of this name: a schema's input, or the type that the map declares. */
export type Sent<Events, Name extends EventName<Events>> = SentMap<Events>[Name]

/**
 * The payload that the client's listener receives for an event of this name: a schema's output, a codec's value, or the JSON
 * image of the declared type (a `Date` arrives as `string`).
 *
 * @example
 * import type { Received } from 'eventwire'
 *
 * type Events = { joined: { user: string; at: Date } }
 * function welcome({ user, at }: Received<Events, 'joined'>): void {
 *   console.log(user, at.slice(0, 10)) // -> Ada 1970-01-01
 * }
 * welcome({ user: 'Ada', at: '1970-01-01T00:00:00.000Z' })
 */
export type Received<Events, Name extends EventName<Events>> = ReceivedMap<Events>[Name]

/**
 * An event as the client sees it: a union discriminated by `type`, or one member of it when a name is given.
 *
 * @example
 * import type { EventOf } from 'eventwire'
 *
 * function log(event: EventOf<{ ping: { time: string }; message: string }>): void {
 *   if (event.type === 'ping') console.log(event.data.time) // -> 12:00
 * }
 * log({ type: 'ping', data: { time: '12:00' }, id: '7' })
 */
export type EventOf<Events, Name extends EventName<Events> = EventName<Events>> = EventMap<Events>[Name]

/** The map used when none is given: any name, payloads unknown. */
export interface AnyEvents {
  [name: string]: unknown
}
