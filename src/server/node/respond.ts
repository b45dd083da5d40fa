import { invalidOption } from '../../shared/errors.ts'
import { checkReaderOptions, streamOptionsOf } from '../channel/reader-options.ts'
import type { Channel, ReaderOptions } from '../channel/types.ts'
import type { EventWriter } from '../stream/types.ts'
import { createStream } from './create-stream.ts'
import type { RequestLike, ResponseLike, WrappedResponse } from './message.ts'

/**
 * Opens a stream on a Node response, with the channel's `stream` options and `events`, and subscribes it: what
 * `channel.response()` does for a Fetch Request. Takes the same objects as `createStream()`, of Express, Fastify, Koa and
 * Nest too.
 *
 * @example
 * import { createServer } from 'node:http'
 * import { respond } from 'eventwire/node'
 * import { createChannel } from 'eventwire/server'
 *
 * const channel = createChannel<{ ping: { time: string } }>({ stream: { heartbeat: 5_000 } })
 * setInterval(() => channel.publish('ping', { time: new Date().toISOString() }), 1000)
 *
 * createServer((req, res) => {
 *   respond(channel, req, res, { from: 'start' })
 * }).listen(3000)
 *
 * @param options how the stream reads the channel.
 * @returns the stream's writer, for what is sent to this client alone.
 * @throws {EventwireError} `invalid-option` for an option that makes no sense, a channel that `createChannel()` did not
 *   make, a request or response that Node did not make, or a response that has sent its head. Nothing is written then.
 */
export function respond<Events extends object>(
  channel: Channel<Events>,
  req: RequestLike,
  res: ResponseLike | WrappedResponse,
  options?: ReaderOptions<Events>,
): EventWriter<Events> {
  const streamOptions = streamOptionsOf.get(channel)
  if (streamOptions === undefined) throw invalidOption('channel', channel, 'give a channel made by createChannel()')
  checkReaderOptions(options)
  const stream = createStream<Events>(req, res, streamOptions)
  channel.subscribe(stream, options)
  return stream
}
