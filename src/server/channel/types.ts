/// <reference lib="esnext.disposable" preserve="true" />

import type { EventwireErrorOf } from '../../shared/errors.ts'
import type { EventTypes } from '../../shared/events/define-events.ts'
import type { EventName, EventOf, Received, Sent } from '../../shared/events/event-map.ts'
import type { SafePromise } from '../../shared/safe-promise.ts'
import type { GapReason } from '../../shared/wire/gap.ts'
import type { Cursor, EventLog, LogSize } from '../log/event-log.ts'
import type { Compression } from '../stream/compression.ts'
import type { AnyStream, EventWriter, SendArguments, Sends, StreamOptions } from '../stream/types.ts'
import type { Pages } from './page-port.ts'

/**
 * The payloads that a source delivers, by name. The compiler compares it before the methods, whose parameters it would
 * compare in the wrong direction.
 * Not exported, so that declarations of users expand it.
 */
type Delivers<Events> = { [Name in EventName<Events>]: Received<Events, Name> }

/**
 * Options of `createChannel()`.
 *
 * @example
 * import { type ChannelOptions, createChannel, memoryLog } from 'eventwire/server'
 *
 * const options: ChannelOptions<{ message: string }> = {
 *   log: memoryLog({ maxEvents: 1_000 }),
 *   stream: { heartbeat: 5_000, headers: { 'Access-Control-Allow-Origin': '*' } },
 * }
 * const { headers } = createChannel(options).response(new Request('http://localhost/events', { method: 'HEAD' }))
 * console.log(headers.get('Access-Control-Allow-Origin')) // -> *
 */
export interface ChannelOptions<Events extends object> {
  /**
   * The log that stores the history. The channel does not close a log that you pass.
   * @default memoryLog()
   */
  readonly log?: EventLog | undefined
  /** A map made by `defineEvents()` or `eventsWithCodec()`; without it payloads are JSON. */
  readonly events?: (Events & EventTypes) | undefined
  /** Options of the streams that `response()` opens. */
  readonly stream?: Omit<StreamOptions<Events>, 'events' | 'compress'> | undefined
  /**
   * Compresses the streams that `response()` opens: `gzip()` of `eventwire/gzip`. Events that several clients receive are compressed
   * once.
   */
  readonly compress?: Compression | undefined
  /** Left out. A channel with `poll` has `PolledChannelOptions`, and its `response()` returns a promise. */
  readonly poll?: undefined
}

/** Options of a channel that responds to polls, too. */
export interface PolledChannelOptions<Events extends object> extends Omit<ChannelOptions<Events>, 'poll'> {
  /**
   * Responds with pages to clients that poll, because a proxy holds their streams back: `pages()` of `eventwire/pages`. `response()`
   * then returns a promise, because a page may wait for its first event.
   */
  readonly poll: Pages
}

/** The options of either kind of channel. */
export type AnyChannelOptions = ChannelOptions<any> | PolledChannelOptions<any>

/** The fields of an event of a channel in addition to its name and payload. */
export interface PublishOptions {
  /** Topics to publish to. Readers whose topics match receive the event; without topics, readers that named none. */
  readonly topics?: readonly string[] | undefined
  /**
   * The subject of the event, at most 1,024 characters. A client that is behind does not receive the event when a later one of the
   * same name and key exists. `from: 'latest'` begins with the newest event of each key.
   */
  readonly key?: string | undefined
  /**
   * Whether the key has no value after this event. The event is sent like every other, and `from: 'latest'` leaves the key out.
   * @default false
   */
  readonly forget?: boolean | undefined
  /**
   * The trace context of the event, as the `traceparent` header of W3C Trace Context. It travels as a comment,
   * which `traceparents()` of `eventwire/otel` reads; `instrument()` can set it.
   */
  readonly traceparent?: string | undefined
}

/**
 * How a stream reads a channel.
 *
 * @example
 * import { createChannel, type ReaderOptions } from 'eventwire/server'
 * import { collectEvents } from 'eventwire/testing'
 *
 * const options: ReaderOptions<{ message: string }> = {
 *   topics: ['rooms/7'],
 *   snapshot: (stream) => stream.send('message', 'welcome'),
 * }
 * const channel = createChannel<{ message: string }>()
 * const response = channel.response(new Request('http://localhost/events'), options)
 * channel.publish('message', 'hello', { topics: ['rooms/7'] })
 * const events = await collectEvents(response, { count: 2 })
 * console.log(events.map(({ data }) => data)) // -> [ 'welcome', 'hello' ]
 */
export interface ReaderOptions<Events extends object> {
  /**
   * The topics to read: exact names, `*` for one segment between slashes, `**` for any number of them; `['**']` matches
   * every event. Without `topics`, the stream receives the events that were published without topics.
   */
  readonly topics?: readonly string[] | undefined
  /** Called for each event whose topics match. Events for which it returns `false` are not sent. The data is decoded once for all. */
  readonly filter?: ((event: EventOf<Events>) => boolean) | undefined
  /**
   * The position where a client without a cursor begins: the head, the first event of the log, the newest event of each `key`, or
   * behind a cursor. `'start'` is a gap when the first events were trimmed, and `'latest'` when the newest event of a key may be
   * among them. After a gap, `'latest'` begins again.
   * @default 'now'
   */
  readonly from?: 'now' | 'start' | 'latest' | Cursor | undefined
  /**
   * The shortest time between two writes, in milliseconds from 1 to 2,147,483,647. Events with a `key` that a later event supersedes
   * meanwhile are left out, all others are sent in order. After that long without a write, the next event is written at once.
   * Without `every`, each event is written at once.
   */
  readonly every?: number | undefined
  /**
   * The lag that the client may have, in milliseconds from 1 to 2,147,483,647, as far as its link allows. The client confirms received
   * events with requests for `channel.acknowledge()`. While confirmations take longer, the server sends nothing; then it sends the
   * newest events. Needs `client`. Without `maxLag`, the buffers between both ends may hold seconds of events on a slow link.
   */
  readonly maxLag?: number | undefined
  /** The name of the client in its confirmations: a random text that the client creates for this connection. */
  readonly client?: string | undefined
  /**
   * Sends the present state to a client that is new or has missed events, before any newer event. Events that are published during
   * the call are sent afterwards. A promise is awaited; any other result is ignored.
   */
  readonly snapshot?: ((stream: EventWriter<Events>) => unknown) | undefined
}

/** The beginning of a subscription. */
export type SubscribeResult =
  | {
      /** `'closed'`: the stream had closed, or the channel had. */
      readonly status: 'fresh' | 'resumed' | 'closed'
      readonly reason?: undefined
      /** The position from which it reads. */
      readonly from: Cursor
    }
  | {
      readonly status: 'gap'
      /** Why events were missed. */
      readonly reason: GapReason
      /** The position from which it reads. */
      readonly from: Cursor
    }

/** An event for a channel. It has no id: the channel gives each event its cursor. */
type ChannelSourceEvent<Events> = {
  [Name in EventName<Events>]: {
    readonly type: Name
    readonly id?: undefined
    readonly topics?: readonly string[] | undefined
    readonly key?: string | undefined
    readonly forget?: boolean | undefined
  } & (undefined extends Sent<Events, Name>
    ? { readonly data?: Sent<Events, Name> }
    : { readonly data: Sent<Events, Name> })
}[EventName<Events>]

/**
 * A source that a channel's `pipe()` can pull from: its events have topics instead of ids.
 *
 * @example
 * import { type ChannelPipeSource, createChannel } from 'eventwire/server'
 * import { collectEvents } from 'eventwire/testing'
 *
 * const source: ChannelPipeSource<{ token: string }> = [{ type: 'token', data: 'Hello', topics: ['answers/7'] }]
 * const channel = createChannel<{ token: string }>()
 * const response = channel.response(new Request('http://localhost/answers/7'), { topics: ['answers/*'] })
 * channel.pipe(source)
 * const [event] = await collectEvents(response, { count: 1 })
 * console.log(event?.data) // -> Hello
 */
export type ChannelPipeSource<Events> =
  | AnyStream<ChannelSourceEvent<Events>>
  | AsyncIterable<ChannelSourceEvent<Events>>
  | Iterable<ChannelSourceEvent<Events>>

/** How a channel closes. */
export interface ChannelCloseOptions {
  /**
   * Milliseconds over which the channel ends its streams, one after another.
   * @default 0
   */
  readonly spread?: number | undefined
  /**
   * The reconnection time for the clients, in milliseconds. With a range, each client gets a random time from it.
   * @default { min: 1_000, max: 5_000 }
   */
  readonly retry?: number | { readonly min: number; readonly max: number } | undefined
  /**
   * Whether to end the log, too: the streams of present and later readers end as final, so their clients do not reconnect.
   * @default false
   */
  readonly final?: boolean | undefined
}

/**
 * The present figures of a channel, in this process.
 *
 * @example
 * import { type ChannelStats, createChannel } from 'eventwire/server'
 *
 * const channel = createChannel<{ message: string }>()
 * await channel.publish('message', 'hello')
 * const stats: ChannelStats = channel.stats()
 * console.log(stats.readers, stats.behind, stats.log?.entries) // -> 0 0 1
 */
export interface ChannelStats {
  /** The number of streams that read the channel, and of polls that wait: `channel.size`. */
  readonly readers: number
  /** The number of readers at the head of the log, which receive each event as it is published. A poll that waits is one of them. */
  readonly live: number
  /**
   * The number of readers that are not at the head: they replay history, or wait for their client, their snapshot or their pace
   * (`every`).
   */
  readonly behind: number
  /** The bytes that wait in this process for the clients of all readers. */
  readonly buffered: number
  /**
   * How much the log holds: `entries`, and `bytes` as its `maxBytes` counts them. The log over Redis knows its entries as of its last
   * reply, and not its bytes. `undefined` for a log without `size()`.
   */
  readonly log: LogSize | undefined
}

/**
 * A log and the streams that read it. A subscriber is a cursor over the log, not a queue. Connecting, resuming and catching up
 * therefore all read the log from a cursor.
 *
 * @example
 * import { type Channel, createChannel } from 'eventwire/server'
 *
 * const rooms = new Map<string, Channel<{ message: string }>>([['lobby', createChannel()]])
 * const response = rooms.get('lobby')?.response(new Request('http://localhost/lobby'))
 * console.log(rooms.get('lobby')?.size, response?.status) // -> 1 200
 * await rooms.get('lobby')?.close()
 */
export interface Channel<Events extends object, Responds = Response>
  extends Sends<Events>,
    Iterable<EventWriter<Events>> {
  /** Exists for the compiler only. Repeated, so that it is compared before everything else. */
  readonly '~sends'?: Sends<Events>['~sends']
  /** Exists for the compiler only: the events that `fold()` reads. */
  readonly '~delivers'?: Delivers<Events> | undefined
  /**
   * Appends an event to the log, which sends it to every reader of that log.
   *
   * @returns the event's cursor. Rejects with `closed` when the channel has closed, and with `log-failed` when the log fails; with a
   *   log over a network the event may have been appended all the same. `onError` receives both, so you need not await the promise.
   * @throws {EventwireError} synchronously: `unknown-event`, `payload-not-encodable`, `payload-rejected`, `invalid-field`,
   *   `invalid-option`. Nothing is published then.
   */
  publish<Name extends keyof Events & string>(
    this: object,
    type: Name,
    ...payload: SendArguments<Sent<Events, Name>, PublishOptions>
  ): SafePromise<Cursor>
  /**
   * Subscribes a stream to the channel, from the cursor that its client sends. Authorise before you subscribe.
   *
   * @returns how the subscription began, once that is known. Never rejects.
   * @throws {TypeError} when the stream reads a channel already.
   * @throws {EventwireError} `invalid-option` for an option that makes no sense, or a stream that `createStream()` did
   *   not make.
   */
  subscribe(this: object, stream: EventWriter<Events>, options?: ReaderOptions<Events>): SafePromise<SubscribeResult>
  /**
   * Opens a stream for a request and subscribes it.
   *
   * @returns the response; in a channel with `poll` a promise of it.
   * @throws {EventwireError} `invalid-option` for an option that makes no sense.
   */
  response(this: object, request: Request, options?: ReaderOptions<Events>): Responds
  /**
   * Publishes the events of a source: an iterable, an async iterable or a `ReadableStream`, as for `stream.pipe()`. Each event is
   * appended before the next one is pulled, so a log over a network is not flooded. When the channel closes first, `return()` of the
   * source is called, so that its `finally` runs. Each event is published to its own `topics`, otherwise to the topics of the options.
   * With `final`, the end of the source ends the log, so that clients do not reconnect.
   *
   * @returns `true` when the source has ended, after the channel has closed if `final` is set; `false` when the channel closed first.
   *   Rejects when an event cannot be published, and with `callback-failed` when the source throws; the channel stays open then.
   *   `onError` receives these errors too, so you need not await the promise.
   * @throws {EventwireError} `invalid-option` for a source that is not one and for an option that makes no sense.
   */
  pipe(
    this: object,
    source: ChannelPipeSource<Events>,
    options?: { readonly topics?: readonly string[] | undefined; readonly final?: boolean | undefined },
  ): SafePromise<boolean>
  /**
   * Reads the cursor of the newest event. Render a page from the state at this cursor, and let its client begin there with
   * `subscribe(url, { lastEventId })`: it misses no event. Read the cursor before you read the state.
   *
   * @returns the position of the log's head. Rejects with `log-failed` when the log fails; `onError` receives that, too.
   */
  cursor(): SafePromise<Cursor>
  /**
   * Handles the confirmation of a client: a Fetch request, or one of Node. The request carries the last received cursor as `Last-Event-ID` (the header, or `lastEventId`
   * in the query), and the `client` option of its reader as `client` in the query. Respond with 204 in any case.
   *
   * @returns whether the confirmation is new. A name or a cursor that the channel does not know is ignored.
   */
  acknowledge(
    this: object,
    request: {
      readonly url?: string | undefined
      readonly headers: { get?(name: string): string | null; readonly [name: string]: any }
    },
  ): boolean
  /** The number of streams that read the channel, and of polls that wait. */
  readonly size: number
  /** Returns the present figures, for a gauge or a health check. It looks at each reader once: 10,000 readers take a few milliseconds. */
  stats(): ChannelStats
  /**
   * Calls the listener for each failure of the log, and for what a filter, a snapshot or `onGap` throws while a client polls. Returns the
   * function that removes the listener.
   */
  onError(listener: (error: EventwireErrorOf) => void): () => void
  /**
   * Ends all streams, and closes the channel. Resolves when the last stream has ended. You may call it again: a second call never
   * waits for the first, and without `final` it ends all remaining streams. When the log fails to append a final end, the promise
   * rejects (`log-failed`) and the channel stays open. `onError` receives that error too, so you need not await the promise.
   *
   * @throws {EventwireError} as a rejection: `invalid-option`. All options are checked first, so the channel stays open. `onError` does
   *   not receive this error.
   */
  close(options?: ChannelCloseOptions): Promise<void>
}

/** A request for `channel.acknowledge()`: a Fetch request, or one of Node. */
export type AcknowledgeRequest = Parameters<Channel<any>['acknowledge']>[0]
