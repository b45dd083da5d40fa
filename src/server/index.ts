/** The writer, on Fetch objects: Bun, Deno, Cloudflare Workers, and Node behind a Fetch host. */
export type {
  Channel,
  ChannelCloseOptions,
  ChannelOptions,
  GapReason,
  PublishedEvent,
  PublishOptions,
  ReaderOptions,
  Resumption,
} from './channel-types.ts'
export { createChannel } from './create-channel.ts'
export { createStream } from './create-stream.ts'
export {
  type Cursor,
  type EventLog,
  fromCursor,
  type LogEntry,
  type LogGap,
  type NewEntry,
  newEpoch,
  type Page,
  type Position,
  toCursor,
} from './log.ts'
export { type MemoryLogOptions, memoryLog } from './memory-log.ts'
export type {
  CloseInfo,
  CloseOptions,
  CloseReason,
  EventStream,
  EventWriter,
  HeaderPairs,
  PipedEvent,
  PipeSource,
  SendOptions,
  StreamOptions,
} from './types.ts'
