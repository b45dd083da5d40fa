import type { Channel } from '../server/channel/types.ts'
import type { Cursor } from '../server/log/event-log.ts'
import type { CloseInfo, EventWriter } from '../server/stream/types.ts'
import type { EventwireErrorOf } from '../shared/errors.ts'
import type { GapReason } from '../shared/wire/gap.ts'

/**
 * The messages of `eventwire/diagnostics`, by the name of their channel.
 *
 * @example
 * import { subscribe } from 'node:diagnostics_channel'
 * import type { DiagnosticMessages } from 'eventwire/diagnostics'
 * import { createStream } from 'eventwire/server'
 *
 * await import('eventwire/diagnostics')
 * subscribe('eventwire:stream.closed', (message) => {
 *   const { info } = message as DiagnosticMessages['eventwire:stream.closed']
 *   console.log(info.reason, info.events) // -> server 1
 * })
 * const stream = createStream<{ message: string }>()
 * stream.send('message', 'hello')
 * stream.close()
 */
export interface DiagnosticMessages {
  /** A stream was opened. A client that is gone, or must not reconnect, gets a stream that closes at once. */
  'eventwire:stream.opened': { readonly stream: EventWriter<any> }
  /** A stream has closed: once for each that was opened. */
  'eventwire:stream.closed': { readonly stream: EventWriter<any>; readonly info: CloseInfo }
  /** A client of a channel has missed events. */
  'eventwire:stream.gap': {
    readonly channel: Channel<any, unknown>
    readonly stream: EventWriter<any>
    readonly reason: GapReason
    readonly oldest: Cursor
  }
  /** `publish()` was called, and the event is about to be appended. All messages about this event are the same object. */
  'eventwire:event.publishing': {
    readonly channel: Channel<any, unknown>
    /** Name of the event. */
    readonly type: string
    /** The payload as text, as the log stores it. */
    readonly data: string
    readonly topics?: readonly string[] | undefined
    readonly key?: string | undefined
    /**
     * The trace context that the event carries to its listeners. A subscriber to `eventwire:event.publishing` may set it; it is a
     * `traceparent` of W3C Trace Context, and left out when it is not one.
     */
    traceparent?: string | undefined
  }
  /**
   * The log has appended the event, and it was written to the readers at the head of this process. `duration` is the time since the
   * call of `publish()`, in milliseconds.
   */
  'eventwire:event.published': DiagnosticMessages['eventwire:event.publishing'] & {
    readonly cursor: Cursor
    readonly duration: number
  }
  /** The log did not append the event. */
  'eventwire:event.failed': DiagnosticMessages['eventwire:event.publishing'] & {
    readonly error: EventwireErrorOf
    readonly duration: number
  }
  /**
   * One write to one client: its events, and its bytes on the wire, with comments and after compression. All messages of a stream sum
   * up to the `CloseInfo` of the stream.
   */
  'eventwire:events.delivered': {
    readonly stream: EventWriter<any>
    readonly events: number
    readonly bytes: number
  }
  /** A reader that is behind was sent events that it has read from the log. They are among the delivered ones. */
  'eventwire:events.replayed': {
    readonly channel: Channel<any, unknown>
    readonly stream: EventWriter<any>
    readonly events: number
  }
  /** A subscription has lost its connection, or got none, and tries again: `error.attempt`, `error.retryIn`. */
  'eventwire:client.retry': { readonly error: EventwireErrorOf }
}

/** An event of `channel.publish()`. All messages about it are the same object. */
export type PublicationMessage = DiagnosticMessages['eventwire:event.publishing']
