/// <reference lib="esnext.disposable" preserve="true" />
import type { EventTypes } from '../shared/define-events.ts'
import type { EventwireError } from '../shared/errors.ts'
import type { EventName, EventOf, Sent } from '../shared/events.ts'
import type { Cursor, EventLog, LogGap } from './log.ts'
import type { EventWriter, Payload, Sends, StreamOptions } from './types.ts'

/** Options of `createChannel()`. */
export interface ChannelOptions<Events extends object> {
  /**
   * Where the history is kept. A log that is given is not closed with the channel.
   * @default memoryLog()
   */
  readonly log?: EventLog | undefined
  /** A map made by `defineEvents()` or `everyEvent()`; without it payloads are JSON. */
  readonly events?: (Events & EventTypes) | undefined
  /** Options of the streams that `response()` opens. */
  readonly stream?: Omit<StreamOptions<Events>, 'events'> | undefined
}

/** What an event of a channel carries beside its payload. */
export interface PublishOptions {
  /** Who shall get it: readers of these names, or of patterns that match them. Without topics, readers without topics. */
  readonly topics?: readonly string[] | undefined
}

/** A published event as a filter sees it. */
export type PublishedEvent<Events> = EventOf<Events> & { readonly topics?: readonly string[] | undefined }

/** How a stream reads a channel. */
export interface ReaderOptions<Events extends object> {
  /**
   * The topics to read: exact names, `*` for one segment between slashes, `**` for any number of them; `['**']` takes
   * everything. Without it the events that were published without topics.
   */
  readonly topics?: readonly string[] | undefined
  /** Called for each event that the topics let through; what it refuses is not sent. The data is decoded once for all. */
  readonly filter?: ((event: PublishedEvent<Events>) => boolean) | undefined
  /**
   * Where a client begins that brings no cursor: at the head, at the oldest event there is, or behind a cursor.
   * @default 'now'
   */
  readonly from?: 'now' | 'start' | Cursor | undefined
  /**
   * Sends the present state to a client that is new or has missed something, before anything newer. What happens while it
   * runs is sent afterwards. A promise is awaited; any other answer is ignored.
   */
  readonly snapshot?: ((stream: EventWriter<Events>) => unknown) | undefined
}

/** Why events were missed: the history does not cover the cursor, or the reader was too slow for it. */
export type GapReason = LogGap | 'slow'

/** How a subscription began. */
export interface Resumption {
  /** `'closed'`: the stream had closed, or the channel had. */
  readonly status: 'fresh' | 'resumed' | 'gap' | 'closed'
  readonly reason?: GapReason | undefined
  /** The position from which it reads. */
  readonly from: Cursor
}

/** How a channel closes. */
export interface ChannelCloseOptions {
  /**
   * Milliseconds over which the streams are ended, one after another.
   * @default 0
   */
  readonly within?: number | undefined
  /**
   * Each client is told a reconnection time of its own, in milliseconds, from this range.
   * @default [1_000, 5_000]
   */
  readonly retry?: readonly [min: number, max: number] | undefined
  /**
   * The log ends here: present and later readers are told so and do not come back.
   * @default false
   */
  readonly final?: boolean | undefined
}

/**
 * A log and the streams that read it. A subscriber is a cursor over the log, not a queue: joining, resuming, and catching up
 * after being slow are the same act.
 */
export interface Channel<Events extends object> extends Sends<Events>, Iterable<EventWriter<Events>> {
  /**
   * Appends an event to the log, and with that sends it to everybody who reads there.
   *
   * @returns the event's cursor. It rejects when the log fails (`log-failed`; with a log over a network the event may be
   *   there all the same) or the channel has closed (`closed`); `onError` hears of that, too, so nobody need await it.
   * @throws {EventwireError} `unknown-event`, `payload-not-encodable`, `payload-rejected`, `invalid-field`,
   *   `invalid-option`: at once, and nothing is published then.
   */
  publish<Name extends EventName<Events>>(
    type: Name,
    ...payload: Payload<Sent<Events, Name>, PublishOptions>
  ): Promise<Cursor>
  /**
   * Lets a stream read the channel, from the cursor that its client brings. Authorise before you subscribe.
   *
   * @returns how it began, once that is known; it never rejects.
   * @throws {TypeError} when the stream reads a channel already.
   * @throws {EventwireError} `invalid-option`
   */
  subscribe(stream: EventWriter<Events>, options?: ReaderOptions<Events>): Promise<Resumption>
  /**
   * Opens a stream for a request and subscribes it.
   *
   * @throws {EventwireError} `invalid-option`
   */
  response(request: Request, options?: ReaderOptions<Events>): Response
  /** How many streams read the channel. */
  readonly size: number
  /** Calls the listener for each failure of the log. Returns the function that ends it. */
  onError(listener: (error: EventwireError) => void): () => void
  /**
   * Ends all streams, and with them the channel. Resolves when the last one has ended. A final end that the log does not
   * take rejects (`log-failed`), and the channel goes on; `onError` hears of that, too, so nobody need await it.
   */
  close(options?: ChannelCloseOptions): Promise<void>
}
