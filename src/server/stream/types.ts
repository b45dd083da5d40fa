/// <reference lib="esnext.disposable" preserve="true" />
import type { EventTypes } from '../../shared/events/define-events.ts'
import type { EventName, Sent } from '../../shared/events/event-map.ts'
import type { HeadersLike } from '../../shared/headers-like.ts'
import type { SafePromise } from '../../shared/safe-promise.ts'
import type { GapReason } from '../../shared/wire/gap.ts'
import type { Compression } from './compression.ts'

/** Makes writers of different event maps different types: nothing of it exists at run time. */
export interface Sends<Events> {
  /** Exists for the compiler only; it has a plain name so that declarations can be emitted. */
  readonly '~sends'?: Accepts<Events> | undefined
}

/** The payloads that a writer takes, by name. */
type Accepts<Events> = { [Name in EventName<Events>]: (payload: Sent<Events, Name>) => void }

/**
 * The arguments of `send()` and `publish()` behind the name: the payload, optional where it may be `undefined`, then the options.
 *
 * @example
 * import type { EventName, Sent } from 'eventwire'
 * import { createStream, type EventWriter, type SendArguments, type SendOptions } from 'eventwire/server'
 * import { collectEvents } from 'eventwire/testing'
 *
 * function sendAll<Events extends object, Name extends EventName<Events>>(
 *   streams: Iterable<EventWriter<Events>>,
 *   name: Name,
 *   ...payload: SendArguments<Sent<Events, Name>, SendOptions>
 * ): void {
 *   for (const stream of streams) stream.send(name, ...payload)
 * }
 * const stream = createStream<{ message: string }>()
 * sendAll([stream], 'message', 'hello')
 * const [event] = await collectEvents(stream.response, { count: 1 })
 * console.log(event?.data) // -> hello
 */
export type SendArguments<Value, Options> = undefined extends Value
  ? [data?: Value, options?: Options]
  : [data: Value, options?: Options]

/** The fields of an event in addition to its name and payload. */
export interface SendOptions {
  /** Becomes the client's last event id, which it sends when it reconnects: at most 4,096 bytes of UTF-8; `''` resets it. */
  readonly id?: string | undefined
  /**
   * Reconnection time of the client in milliseconds, a whole number from 0 to 2,147,483,647. Without it the client
   * keeps the one it has.
   */
  readonly retry?: number | undefined
  /**
   * The topics that this event is for, where the client reads several: it finds them as `event.topics`. For what a handler sends itself,
   * such as the present state of one of them.
   */
  readonly topics?: readonly string[] | undefined
}

/** The reason, size and duration of a closed stream. */
export interface CloseInfo {
  /**
   * The first reason to close; later ones are ignored.
   *
   * - `client`: the client disconnected, or was never there.
   * - `server`: `close()`, or the end of a piped source.
   * - `final`: `close({ final: true })`, the end of a source piped with `final`, or a client that reconnected after one.
   * - `overflow`: an event was sent above `maxBuffer`.
   * - `stalled`: the client took nothing for `stallTimeout` while bytes waited.
   * - `expired`: `maxDuration` was over.
   * - `aborted`: the `signal` given as an option.
   * - `error`: a piped source failed.
   */
  readonly reason: 'client' | 'server' | 'final' | 'overflow' | 'stalled' | 'expired' | 'aborted' | 'error'
  /** The number of events written to the transport. */
  readonly events: number
  /** The number of bytes written to the transport, comments included. */
  readonly bytes: number
  /** How long the stream was open, in milliseconds. */
  readonly duration: number
  /** The exception of a piped source, or the failure of the connection; never sent to the client. */
  readonly error?: unknown
}

/** An event that a source yields to a stream. */
type StreamSourceEvent<Events> = {
  [Name in EventName<Events>]: undefined extends Sent<Events, Name>
    ? { readonly type: Name; readonly data?: Sent<Events, Name>; readonly id?: string | undefined }
    : { readonly type: Name; readonly data: Sent<Events, Name>; readonly id?: string | undefined }
}[EventName<Events>]

/**
 * A source that `pipe()` can pull from.
 *
 * @example
 * import { createStream, type PipeSource } from 'eventwire/server'
 * import { collectEvents } from 'eventwire/testing'
 *
 * const source: PipeSource<{ message: string }> = ['one', 'two'].map((data) => ({ type: 'message', data }))
 * const stream = createStream<{ message: string }>()
 * stream.pipe(source)
 * console.log((await collectEvents(stream.response)).map(({ data }) => data)) // -> [ 'one', 'two' ]
 */
export type PipeSource<Events> =
  | AnyStream<StreamSourceEvent<Events>>
  | AsyncIterable<StreamSourceEvent<Events>>
  | Iterable<StreamSourceEvent<Events>>

/**
 * The part of a `ReadableStream` that `pipe()` uses: compared with all of it, a wrong event is reported as missing methods. Its
 * place and its name sort it before `AsyncIterable`, so that the compiler explains what it can say more about.
 */
export type AnyStream<Event> = {
  getReader(): { read(): Promise<{ done: boolean; value?: Event | undefined }> }
}

/**
 * Options of `createStream()`. Durations are in milliseconds; `false` switches a feature off.
 *
 * @example
 * import { createStream, type StreamOptions } from 'eventwire/server'
 * import { createTestClient } from 'eventwire/testing'
 *
 * const options: StreamOptions<{ message: string }> = { heartbeat: 5_000, retry: 2_000, maxDuration: 3_600_000 }
 * const stream = createStream(undefined, options)
 * const client = createTestClient(stream.response)
 * await client.take()
 * console.log(client.comments, client.retry) // -> [ 'heartbeat=5000' ] 2000
 * await client.disconnect()
 */
export interface StreamOptions<Events extends object> {
  /** A map made by `defineEvents()` or `eventsWithCodec()`; without it payloads are JSON. */
  readonly events?: (Events & EventTypes) | undefined
  /**
   * The longest silence in milliseconds: a comment is sent when nothing else was. `15_000` is 15 seconds; `15` is over 60 comments a second.
   * @default 15_000, on Bun 8_000 because it closes connections after 10 s of silence
   */
  readonly heartbeat?: number | false | undefined
  /**
   * Reconnection time in milliseconds, sent to the client at the start: a whole number from 0 to 2,147,483,647, or a range
   * from which each connection draws one. Without it the client uses its own.
   */
  readonly retry?: number | { readonly min: number; readonly max: number } | undefined
  /**
   * How many bytes may wait for the client before `send()` returns `false`.
   * @default 1_048_576
   */
  readonly maxBuffer?: number | undefined
  /**
   * How long bytes may wait for a client that takes none before the connection is cut.
   * @default 30_000
   */
  readonly stallTimeout?: number | false | undefined
  /**
   * The age at which the stream ends, shortened at random by up to 20 %, so that clients do not return all at once.
   * @default false
   */
  readonly maxDuration?: number | false | undefined
  /**
   * Headers of the response beside Eventwire's own. `Cache-Control` and `X-Accel-Buffering` replace them; what frames
   * the body (`Content-Type`, `Content-Length`, `Connection`, …) is refused.
   */
  readonly headers?: HeadersLike | undefined
  /**
   * The form in which the client receives its cursor, a gap and the final end. `'events'`: events named `sse:cursor`, `sse:gap` and
   * `sse:end`. `'comments'`: comments, and blocks with an `id` and no data. Use these for clients that parse the data of every event,
   * such as those of AI SDK, OpenAI, AG-UI and TanStack AI. Eventwire's own client reads both.
   * @default 'events'
   */
  readonly controls?: 'events' | 'comments' | undefined
  /**
   * The data of a last event, without a name, before a final end: `'[DONE]'` for clients that wait for it.
   * @default no such event
   */
  readonly done?: string | undefined
  /**
   * Called when the client has missed events of a channel, after the gap and before anything newer, so that the server can send an
   * event of its own. A promise is awaited; an exception closes the stream as `error`.
   */
  readonly onGap?:
    | ((stream: EventWriter<Events>, gap: { readonly reason: GapReason; readonly oldest: string }) => unknown)
    | undefined
  /**
   * Compresses the response: `gzip()` of `eventwire/gzip`, for clients that accept it. Without it, and for all other clients, the
   * bytes are sent as they are.
   */
  readonly compress?: Compression | undefined
  /** Closes the stream as `aborted`. */
  readonly signal?: AbortSignal | undefined
}

/**
 * One client's writer. It closes exactly once, for the first reason that applies.
 *
 * @example
 * import { createServer } from 'node:http'
 * import { createStream, type EventWriter } from 'eventwire/node'
 *
 * function tellTime(stream: EventWriter<{ ping: { time: string } }>): void {
 *   stream.send('ping', { time: new Date().toISOString() })
 * }
 * createServer((req, res) => {
 *   using stream = createStream<{ ping: { time: string } }>(req, res) // closes at the end of the function
 *   tellTime(stream)
 * }).listen(3000)
 */
export interface EventWriter<Events extends object> extends Sends<Events>, Disposable {
  /** Exists for the compiler only. Repeated, so that it is compared before everything else. */
  readonly '~sends'?: Sends<Events>['~sends']
  /**
   * The id of the last event that the client has seen, from its header or the `lastEventId` query; `''` when it sent none.
   * It is whole, so one that this server never issued may be longer than 4,096 bytes.
   */
  readonly lastEventId: string
  /** Aborts when the stream has closed. */
  readonly signal: AbortSignal
  /** Resolves when the stream has closed; never rejects. */
  readonly closed: SafePromise<CloseInfo>
  /** Bytes accepted and not yet taken by the transport. */
  readonly buffered: number
  /**
   * Sends an event. It never waits, and it never throws for a closed stream.
   *
   * @returns `false` when the event was taken but more than `maxBuffer` waits now (await `ready()` before the next one,
   *   which would close the stream as `overflow`), or when the stream has closed.
   * @throws {EventwireError} `unknown-event`, `payload-not-encodable`, `payload-rejected`, `invalid-field`; nothing is
   *   on the wire then.
   */
  send<Name extends keyof Events & string>(
    this: object,
    type: Name,
    ...payload: SendArguments<Sent<Events, Name>, SendOptions>
  ): boolean
  /** Resolves to `true` when there is room again, to `false` when the stream has closed. */
  ready(): Promise<boolean>
  /**
   * Sends what a source yields, at the client's pace, and closes the stream when the source ends (as `server`) or fails
   * (as `error`; the client does not learn why). When the stream closes first, the source is returned and its `finally` runs. A generator
   * gets there only when its pending await settles, so pass it the stream's `signal`.
   * A client reconnects after the end and starts the source again, unless `final` is set.
   *
   * @returns what `closed` resolves to.
   * @throws {EventwireError} `invalid-option` when the source is not one, or `final` is not a boolean.
   */
  pipe(
    this: object,
    source: PipeSource<Events>,
    options?: { readonly final?: boolean | undefined },
  ): SafePromise<CloseInfo>
  /**
   * Sends a comment, which clients ignore; `false` as for `send()`.
   *
   * @throws {EventwireError} `invalid-field` when it is not a string, or a line of it starts with the reserved `sse:`, `topic:` or
   *   `traceparent:`.
   */
  comment(text?: string): boolean
  /**
   * Sets the client's reconnection time, in milliseconds; `false` as for `send()`.
   *
   * @throws {EventwireError} `invalid-field` when it is not a whole number from 0 to 2,147,483,647.
   */
  retry(delay: number): boolean
  /**
   * Ends the stream after what was sent; a client that does not take that within `stallTimeout` is terminated.
   *
   * @throws {EventwireError} `invalid-field` when `retry` is not a whole number from 0 to 2,147,483,647.
   */
  close(options?: {
    /**
     * The client must not reconnect: Eventwire's own stops at once, a plain EventSource gets a 204 when it tries.
     * @default false
     */
    readonly final?: boolean | undefined
    /**
     * Milliseconds after which the client reconnects, a whole number from 0 to 2,147,483,647. Without it the client keeps
     * the time it has.
     */
    readonly retry?: number | undefined
  }): void
}

/** A writer with the Fetch response that carries it. */
export interface EventStream<Events extends object> extends EventWriter<Events> {
  /** Give it to the host. It is a 204 when the client must not reconnect. */
  readonly response: Response
}

/** Why a stream closed. */
export type CloseReason = CloseInfo['reason']

/** How `close()` ends a stream. */
export type CloseOptions = NonNullable<Parameters<EventWriter<any>['close']>[0]>
