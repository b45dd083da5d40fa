import { invalidOption } from '../../shared/errors.ts'
import { partsOf } from '../channel/channel-parts.ts'
import { checkReaderOptions } from '../channel/reader-options.ts'
import type { Channel, ReaderOptions } from '../channel/types.ts'
import type { Runs } from '../runs/types.ts'
import type { EventWriter, StreamOptions } from '../stream/types.ts'
import { createStream, respondNotFound } from './create-stream.ts'
import { nodeRequest, nodeResponse } from './framework.ts'
import type { RequestLike, ResponseLike, WrappedResponse } from './message.ts'
import { respondWithPage } from './respond-with-page.ts'

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
 * @returns the stream's writer, for what is sent to this client alone; for a client that polls a writer that is closed.
 * @throws {EventwireError} `invalid-option` for an option that makes no sense, a channel that `createChannel()` did not
 *   make, a request or response that Node did not make, or a response that has sent its head. Nothing is written then.
 */
export function respond<Events extends object>(
  channel: Channel<Events, unknown>,
  req: RequestLike,
  res: ResponseLike | WrappedResponse,
  options?: ReaderOptions<Events>,
): EventWriter<Events>
/**
 * The same for a run of `eventwire/runs`: what `runs.response()` does for a Fetch Request.
 *
 * @example
 * import { createServer } from 'node:http'
 * import { respond } from 'eventwire/node'
 * import { createRuns } from 'eventwire/runs'
 *
 * const answers = createRuns<{ token: string }>({
 *   async *run() {
 *     yield { type: 'token', data: 'hello' }
 *   },
 * })
 * createServer(async (req, res) => {
 *   await answers.start('42')
 *   await respond(answers, '42', req, res)
 * }).listen(3000)
 *
 * @returns the stream's writer; `undefined` after a 404, when there is no such run.
 * @throws {EventwireError} as a rejection: `invalid-option`, `log-failed`. Nothing is written then.
 */
export function respond<Events extends object, Input>(
  runs: Runs<Events, Input>,
  id: string,
  req: RequestLike,
  res: ResponseLike | WrappedResponse,
): Promise<EventWriter<Events> | undefined>
export function respond(
  source: Channel<any, unknown> | Runs<any, any>,
  ...[first, second, third]: [any, any, any?]
): EventWriter<any> | Promise<EventWriter<any> | undefined> {
  const parts = partsOf.get(source)
  if (parts === undefined) {
    throw invalidOption('channel', source, 'give a channel made by createChannel(), or runs made by createRuns()')
  }
  const { streamOptions, pages } = parts
  if ('start' in source) return respondWithRun(source, streamOptions, first, second, third)
  checkReaderOptions(third)
  const page = pages && respondWithPage(pages, first, second, third)
  if (page) return page
  const stream = createStream<any>(first, second, streamOptions)
  source.subscribe(stream, third)
  return stream
}

async function respondWithRun(
  runs: Runs<any, any>,
  options: StreamOptions<any>,
  id: string,
  req: RequestLike,
  res: ResponseLike | WrappedResponse,
): Promise<EventWriter<any> | undefined> {
  nodeRequest(req)
  nodeResponse(res)
  if ((await runs.status(id)) === 'none') {
    respondNotFound(res, options.headers)
    return undefined
  }
  const stream = createStream<any>(req, res, options)
  runs.subscribe(stream, id)
  return stream
}
