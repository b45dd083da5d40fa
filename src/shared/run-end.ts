/**
 * How a run ended.
 *
 * - `done`: its generator returned.
 * - `stopped`: it was asked to stop.
 * - `failed`: its generator threw, or its log refused an event.
 * - `lost`: its producer gave no sign of life for a lease.
 *
 * @example
 * import { type RunEnd, subscribe } from 'eventwire/client'
 * import { createTestServer } from 'eventwire/testing'
 *
 * const texts: Record<RunEnd, string> = { done: '', stopped: 'stopped', failed: 'no answer', lost: 'ask again' }
 * const server = createTestServer()
 * const subscription = subscribe('https://example.com/answers/42', { fetch: server.fetch })
 * const connection = await server.connection()
 * connection.write('event: sse:end\nid: sse:end\ndata: {"how":"lost"}\n\n')
 * const { how } = await subscription.closed
 * console.log(how && texts[how]) // -> ask again
 */
export type RunEnd = 'done' | 'stopped' | 'failed' | 'lost'
