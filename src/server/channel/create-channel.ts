import type { AnyEvents } from '../../shared/events/event-map.ts'
import type { OptionsFor } from '../../shared/events/options-for.ts'
import type { MemoryLogOptions } from '../log/memory-log.ts'
import { openChannel } from './channel.ts'
import type { AnyChannelOptions, Channel, ChannelOptions, PolledChannelOptions } from './types.ts'

/** Misplaced options of the default log, with types that make the compiler name the right place. */
type LogOptionHints = {
  readonly [Option in keyof MemoryLogOptions]?: `${Option} is an option of the log: { log: memoryLog({ ${Option} }) }`
}

/** The options of a channel with `poll`, and the event map where the channel needs one. */
export type PolledOptionsFor<Events extends object> =
  OptionsFor<Events, PolledChannelOptions<Events>> extends readonly [infer Needed]
    ? Needed
    : PolledChannelOptions<Events>

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
  ...optionsWithEvents: OptionsFor<Events, ChannelOptions<Events> & LogOptionHints>
): Channel<Events>
/**
 * Creates a channel that responds to clients that poll, too. It takes `PolledChannelOptions`, and its `response()` returns a promise.
 *
 * @example
 * import { pages } from 'eventwire/pages'
 * import { createChannel } from 'eventwire/server'
 *
 * const channel = createChannel<{ ping: { time: string } }>({ poll: pages() })
 * setInterval(() => channel.publish('ping', { time: new Date().toISOString() }), 1000)
 *
 * export default { fetch: (request: Request) => channel.response(request) }
 *
 * @throws {EventwireError} `invalid-option` for an option that makes no sense.
 */
export function createChannel<Events extends object = AnyEvents>(
  options: PolledOptionsFor<Events> & LogOptionHints,
): Channel<Events, Promise<Response>>
/**
 * The first signature again. The compiler names the first or the last one in its messages, depending on its version, and reads
 * `ReturnType<typeof createChannel>` from the last one.
 *
 * @internal
 */
export function createChannel<Events extends object = AnyEvents>(
  ...optionsWithEvents: OptionsFor<Events, ChannelOptions<Events> & LogOptionHints>
): Channel<Events>
export function createChannel(options: AnyChannelOptions = {}): Channel<any, any> {
  return openChannel(options)
}
