/**
 * Send events from `node:http`, `https` and `http2`, and from Express, Fastify, Koa and Nest.
 *
 * @module
 */

// biome-ignore lint/style/noRestrictedImports: the compiler names inferred types by this entry.
export type {} from '../index.ts'
export type { EventWriter, StreamOptions } from '../stream/types.ts'
export { createStream } from './create-stream.ts'
export type { RequestLike, ResponseLike, WrappedResponse } from './message.ts'
export { respond } from './respond.ts'
