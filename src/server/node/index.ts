/** The writer on Node's own responses: node:http, https, http2, and the frameworks built on them. */
export type {
  CloseInfo,
  CloseOptions,
  CloseReason,
  EventWriter,
  HeaderPairs,
  PipedEvent,
  PipeOptions,
  PipeSource,
  SendOptions,
  StreamOptions,
} from '../stream/types.ts'
export { createStream } from './create-stream.ts'
export type { RequestLike, ResponseLike, WrappedResponse } from './message.ts'
export { respond } from './respond.ts'
