import type { AnyEvents } from '../../shared/events/event-map.ts'
import { LogChannel } from './channel.ts'
import type { Channel, ChannelOptions } from './types.ts'

/**
 * Creates a channel: an ordered history of events and the streams that read it. A client that reconnects receives the events
 * that it missed, or a gap when the history no longer has them.
 *
 * @example
 * import { createChannel } from 'eventwire/server'
 *
 * const channel = createChannel<{ ping: { time: string } }>()
 * setInterval(() => channel.publish('ping', { time: new Date().toISOString() }), 1000)
 *
 * export default { fetch: (request: Request) => channel.response(request) }
 *
 * @throws {EventwireError} `invalid-option` for an option that makes no sense.
 */
export function createChannel<Events extends object = AnyEvents>(
  options: ChannelOptions<Events> = {},
): Channel<Events> {
  return new LogChannel(options) as unknown as Channel<Events>
}
