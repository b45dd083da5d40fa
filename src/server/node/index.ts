/**
 * Send events from `node:http`, `https` and `http2`, and from Express, Fastify, Koa and Nest.
 *
 * @module
 */

export type { EventwireError, EventwireErrorCode, EventwireErrorOf } from '../../shared/errors.ts'
export type { EventType } from '../../shared/events/codec.ts'
export type { EventTypes } from '../../shared/events/define-events.ts'
export type { AnyEvents, EventName, EventOf, Received, Sent } from '../../shared/events/event-map.ts'
export type { Jsonify } from '../../shared/events/jsonify.ts'
export type { OptionsFor } from '../../shared/events/options-for.ts'
export type { SchemaIssue } from '../../shared/events/standard-schema.ts'
export type { HeadersLike } from '../../shared/headers-like.ts'
export type { SafePromise } from '../../shared/safe-promise.ts'
export type { Compression } from '../stream/compression.ts'
export type {
  CloseInfo,
  EventWriter,
  PipeSource,
  SendArguments,
  SendOptions,
  StreamOptions,
} from '../stream/types.ts'
export { createStream } from './create-stream.ts'
export type { RequestLike, ResponseLike, WrappedResponse } from './message.ts'
export { respond } from './respond.ts'
