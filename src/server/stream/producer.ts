import type { TypeLookup } from '../../shared/events/define-events.ts'

/** A writer of a stream other than its user: a channel's reader, a piped source. The stream sends it only these three signals. */
export interface Producer {
  /** The channel behind it, which owns the ids of the stream: a stream has one at most. */
  readonly source?: CursorOwner | undefined
  /** The stream's next producer, for the stream alone. */
  next: Producer | undefined
  /** The transport takes bytes again. */
  resume(): void
  /** Nothing was sent for almost a heartbeat. @returns bytes to send in its place, if any. */
  idle(): Uint8Array | undefined
  /** The stream has closed, for whichever reason. */
  closed(): void
}

/** A channel that owns the ids of a stream. */
export interface CursorOwner {
  /** The event map to send with, if the channel was given one. */
  readonly eventTypes: TypeLookup | undefined
}
