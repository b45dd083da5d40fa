/** The writer, on Fetch objects: Bun, Deno, Cloudflare Workers, and Node behind a Fetch host. */
export { createStream } from './create-stream.ts'
export type {
  CloseInfo,
  CloseOptions,
  CloseReason,
  EventSourceOf,
  EventStream,
  EventWriter,
  HeaderPairs,
  PipedEvent,
  SendOptions,
  StreamOptions,
} from './types.ts'
