/** The writer, on Fetch objects: Bun, Deno, Cloudflare Workers, and Node behind a Fetch host. */

export { createChannel } from './channel/create-channel.ts'
export type {
  Channel,
  ChannelCloseOptions,
  ChannelOptions,
  ChannelPipeOptions,
  GapReason,
  PublishedEvent,
  PublishOptions,
  ReaderOptions,
  Resumption,
} from './channel/types.ts'
export {
  type AppendOptions,
  type Cursor,
  type EventLog,
  fromCursor,
  type LogEntry,
  type LogGap,
  type NewEntry,
  newEpoch,
  type Page,
  type Position,
  type ReadOptions,
  toCursor,
} from './log/event-log.ts'
export { type MemoryLogOptions, memoryLog } from './log/memory-log.ts'
export { createStream } from './stream/create-stream.ts'
export type {
  CloseInfo,
  CloseOptions,
  CloseReason,
  EventStream,
  EventWriter,
  HeaderPairs,
  PipedEvent,
  PipeOptions,
  PipeSource,
  SendOptions,
  StreamOptions,
} from './stream/types.ts'
