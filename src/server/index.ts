/**
 * Send events on Fetch runtimes: one stream for each client, channels with replay, and the log in memory.
 *
 * @module
 */

export type { EventwireError, EventwireErrorCode, EventwireErrorOf } from '../shared/errors.ts'
export type { EventType } from '../shared/events/codec.ts'
export type { EventTypes } from '../shared/events/define-events.ts'
export type { AnyEvents, EventName, EventOf, Received, Sent } from '../shared/events/event-map.ts'
export type { Jsonify } from '../shared/events/jsonify.ts'
export type { OptionsFor } from '../shared/events/options-for.ts'
export type { SchemaIssue } from '../shared/events/standard-schema.ts'
export type { HeadersLike } from '../shared/headers-like.ts'
export type { SafePromise } from '../shared/safe-promise.ts'
export type { GapReason } from '../shared/wire/gap.ts'
export { createChannel } from './channel/create-channel.ts'
export { type Channels, createChannels } from './channel/create-channels.ts'
export type { Pages } from './channel/page-port.ts'
export type {
  Channel,
  ChannelCloseOptions,
  ChannelOptions,
  ChannelPipeSource,
  ChannelStats,
  PolledChannelOptions,
  PublishOptions,
  ReaderOptions,
  SubscribeResult,
} from './channel/types.ts'
export type { Cursor, EventLog, LogEntry, Page } from './log/event-log.ts'
export { type MemoryLogOptions, memoryLog } from './log/memory-log.ts'
export { fromCursor, toCursor } from './log/position.ts'
export type { Compression } from './stream/compression.ts'
export { createStream } from './stream/create-stream.ts'
export type {
  CloseInfo,
  EventStream,
  EventWriter,
  PipeSource,
  SendArguments,
  SendOptions,
  StreamOptions,
} from './stream/types.ts'
