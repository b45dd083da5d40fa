import { EventwireError, invalidOption } from '../../shared/errors.ts'
import { type TypeLookup, typeLookupOf } from '../../shared/events/define-events.ts'
import type { EventOf } from '../../shared/events/event-map.ts'
import { decodePayload, encodePayload, typeToSend } from '../../shared/events/payload.ts'
import { type Followable, type Follower, type Following, follow } from '../../shared/fold/source.ts'
import { callUser, report } from '../../shared/report.ts'
import { checkName } from '../../shared/wire/encode.ts'
import { END_EVENT, LAST_EVENT_ID_HEADER } from '../../shared/wire/names.ts'
import { type Cursor, fromCursor, type LogEntry } from '../log/event-log.ts'
import { handled, LiveLog } from '../log/live-log.ts'
import { memoryLog } from '../log/memory-log.ts'
import { createStream } from '../stream/create-stream.ts'
import { attach, finish, isOpen, settings } from '../stream/internal.ts'
import { readLastEventId } from '../stream/last-event-id.ts'
import { paced, pipe, sourceFailure } from '../stream/pipe.ts'
import { checkCompress, checkFinal, drawRetry, type RetryRange } from '../stream/settings.ts'
import { cursorMoved, Stream } from '../stream/stream.ts'
import type { EventWriter } from '../stream/types.ts'
import { closeSettings, RECONNECT_AFTER } from './close-settings.ts'
import { closeStreams } from './close-streams.ts'
import { FanOut } from './fan-out.ts'
import { Folds } from './folds.ts'
import { LatestValues } from './latest-values.ts'
import { append } from './observed-append.ts'
import { type PageReader, type Pages, pageReaderOf, pagesOf } from './page-port.ts'
import { checkKey } from './publish-options.ts'
import { Reader } from './reader.ts'
import { checkReaderOptions, streamOptionsOf } from './reader-options.ts'
import type { ReaderSource } from './reader-output.ts'
import { reporterOf } from './reporters.ts'
import { checkTopics } from './topics.ts'
import type {
  AcknowledgeRequest,
  Channel,
  ChannelCloseOptions,
  ChannelOptions,
  ChannelStats,
  PublishOptions,
  ReaderOptions,
  SubscribeResult,
} from './types.ts'

/** Entries until the next reminder, while the log has not said how many it keeps. */
const UNKNOWN_DEPTH = 1024
/** The number of decoded events that are cached for other readers with filters. */
const MAX_DECODED = 128

/** Callbacks with which a channel notifies the registry that holds it. */
export interface ChannelKeeper {
  /** Called when an event is published, and when a reader joins or leaves. */
  readonly onUse: () => void
  /** Called when the channel has closed, but not when its log has ended, because clients may still connect then. */
  readonly onClose: () => void
}

/** Shared by all readers without options. */
const NO_OPTIONS: ReaderOptions<any> = {}

/** Opens a channel: a log, and the streams that read it. */
export function openChannel(options: ChannelOptions<any>, keeper?: ChannelKeeper): Channel<any, any> {
  return new LogChannel(options, keeper)
}

class LogChannel implements Channel<any, Response | Promise<Response>>, Followable {
  readonly #keeper: ChannelKeeper | undefined
  readonly #ownsLog: boolean
  readonly #live: LiveLog
  readonly #lookup: TypeLookup
  readonly #source: ReaderSource
  readonly #readers = new Map<Stream, Reader>()
  readonly #folds: Folds
  /** Readers whose clients confirm what they have seen. */
  readonly #clients = new Map<string, Reader>()
  readonly #fanOut: FanOut
  readonly #pages: PageReader | undefined
  readonly #pipes = new Set<() => void>()
  readonly #listeners = new Set<(error: EventwireError) => void>()
  readonly #reported = new WeakSet<EventwireError>()
  /** The newest events that were decoded for filters. */
  readonly #decoded = new Map<Cursor, EventOf<any>>()
  /** Whether new streams, and whether publications, are refused. */
  #closing = false
  #closed = false
  /** The final end, from the call of `close()` on; `undefined` again when it failed. */
  #ending: Promise<void> | undefined
  /** The number of entries until readers that received none of them are sent their position. */
  #untilReminder = 1
  /** Whether every live reader has received everything since the last reminder. */
  #complete = true

  constructor(
    { log, events, stream, compress, poll }: ChannelOptions<any> & { readonly poll?: Pages },
    keeper?: ChannelKeeper,
  ) {
    this.#keeper = keeper
    this.#lookup = typeLookupOf(events)
    streamOptionsOf.set(this, { ...stream, events, compress })
    checkCompress(compress)
    this.#fanOut = new FanOut(compress)
    this.#ownsLog = log === undefined
    this.#live = new LiveLog(log ?? memoryLog(), {
      onBatch: (entries, before) => this.#onBatch(entries, before),
      onLost: (head) => {
        this.#folds.lose()
        for (const reader of this.#readers.values()) reader.lose(head)
      },
      onError: (error) => this.#report(error),
    })
    const reportFailure = (error: EventwireError) => {
      if (this.#listeners.size > 0 || error.code !== 'callback-failed') this.#report(error)
      else report(error)
    }
    reporterOf.set(this, reportFailure)
    this.#folds = new Folds({ live: this.#live, decode: (entry) => this.#decode(entry), report: reportFailure })
    this.#source = {
      channel: this,
      live: this.#live,
      folds: this.#folds,
      latest: new LatestValues(this.#live),
      eventTypes: events && this.#lookup,
      decode: (entry) => this.#decode(entry),
      onReaderClosed: (reader) => {
        const { client = '' } = reader.options
        if (this.#clients.get(client) === reader) this.#clients.delete(client)
        this.#readers.delete(reader.stream)
        this.#keeper?.onUse()
        this.#fanOut.leave(reader.group)
      },
    }
    this.#pages = poll?.[pagesOf](this.#source, () => this.#closing && !this.#final, keeper)
    if (this.#pages) pageReaderOf.set(this, this.#pages)
  }

  publish(type: string, payload?: unknown, options?: PublishOptions): Promise<Cursor> {
    this.#keeper?.onUse()
    const wireType = typeToSend(this.#lookup, type)
    checkName(type)
    const topics = options?.topics && checkTopics(options.topics)
    const key = options && checkKey(options)
    const data = encodePayload(wireType, type, payload)
    if (this.#isOpen) {
      const entry = topics === undefined ? { type, data } : { type, data, topics }
      const traceparent = options?.traceparent
      const isPlain = (key ?? traceparent) === undefined
      return append(this.#live, this, isPlain ? entry : { ...entry, key, forget: options!.forget, traceparent })
    }
    const message = `event "${type}" was published to a closed channel; create a new one`
    return handled(Promise.reject(this.#report(new EventwireError('closed', message, { type }))))
  }

  subscribe(stream: EventWriter<any>, options: ReaderOptions<any> = NO_OPTIONS): Promise<SubscribeResult> {
    if (!(stream instanceof Stream)) throw invalidOption('stream', stream, 'give a stream made by createStream()')
    checkReaderOptions(options)
    if (this.#closing && !this.#final) stream.close({ retry: drawRetry(RECONNECT_AFTER) })
    if (!isOpen(stream)) return Promise.resolve({ status: 'closed', from: stream.lastEventId })
    const group = this.#fanOut.group(options.topics, settings(stream).controls, options.every)
    const reader = new Reader(this.#source, stream, group, options)
    attach(stream, reader)
    this.#fanOut.join(group)
    this.#readers.set(stream, reader)
    if (options.client !== undefined) this.#clients.set(options.client, reader)
    return reader.begin()
  }

  response(request: Request, options?: ReaderOptions<any>): Response | Promise<Response> {
    checkReaderOptions(options)
    const page = this.#pages?.respond(request, options)
    if (page) return page
    const stream = createStream<any>(request, streamOptionsOf.get(this))
    this.subscribe(stream, options)
    return this.#pages ? Promise.resolve(stream.response) : stream.response
  }

  pipe(
    source: unknown,
    { topics, final = false }: { topics?: readonly string[]; final?: boolean } = {},
  ): Promise<boolean> {
    checkTopics(topics)
    checkFinal(final)
    let settle!: (ended: boolean | Promise<boolean>) => void
    const piped = new Promise<boolean>((resolve) => {
      settle = resolve
    })
    let published: Promise<unknown> | undefined
    const stop = pipe(source, {
      room: paced(() => published),
      take: ({ type, data, id, topics: own = topics, key, forget }) => {
        if (id !== undefined) throw cursorMoved(id)
        published = this.publish(type, data, { topics: own, key, forget })
      },
      ended: (bySource) => {
        this.#pipes.delete(stop)
        settle(bySource && final ? this.#end().then(() => true) : bySource)
      },
      failed: (cause) => {
        this.#pipes.delete(stop)
        settle(this.#sourceFailed(cause))
      },
    })
    if (this.#isOpen) this.#pipes.add(stop)
    else stop()
    return handled(piped)
  }

  cursor(): Promise<Cursor> {
    const head = new Promise<Cursor>((resolve, reject) => {
      this.#live.read(undefined, 0, ({ newest }) => resolve(newest), reject)
    })
    return handled(head)
  }

  [follow](types: readonly string[], fold: Follower): Following {
    return this.#folds.add(types, fold)
  }

  acknowledge({ url = '', headers }: AcknowledgeRequest): boolean {
    const client = new URLSearchParams(url.slice(url.indexOf('?') + 1)).get('client')
    const id = typeof headers.get === 'function' ? headers.get(LAST_EVENT_ID_HEADER) : headers['last-event-id']
    return this.#clients.get(client ?? '')?.acknowledge(readLastEventId(typeof id === 'string' ? id : '', url)) ?? false
  }

  get size(): number {
    return this.#readers.size + (this.#pages?.size ?? 0)
  }

  stats(): ChannelStats {
    let [live, buffered] = [0, 0]
    for (const [stream, reader] of this.#readers) {
      live += +(reader.state === 'live')
      buffered += stream.buffered
    }
    const { size } = this
    return { readers: size, live, behind: size - live, buffered, log: this.#live.log.size?.() }
  }

  [Symbol.iterator](): Iterator<EventWriter<any>> {
    return (this.#readers.keys() as Iterable<unknown> as Iterable<EventWriter<any>>)[Symbol.iterator]()
  }

  onError(listener: (error: any) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(options: ChannelCloseOptions = {}): Promise<void> {
    try {
      const { spread, retry, final } = closeSettings(options)
      return final ? this.#end() : this.#closeStreams(spread, retry)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Whether it accepts publications. */
  get #isOpen(): boolean {
    return !this.#closed && this.#live.end === undefined && this.#ending === undefined
  }

  /** Whether the log accepts no more entries. Present and later readers receive its entries and its end. */
  get #final(): boolean {
    return this.#live.end !== undefined || this.#ending !== undefined
  }

  /** Appends the end to the log as an entry, so that later readers, and readers of other processes, receive it. */
  #end(): Promise<void> {
    this.#ending ??= handled(
      this.#live.append({ type: END_EVENT, data: '{}' }).then(
        async () => {
          this.#live.flush()
          // Waits until present readers have received the end, but not for later readers.
          await Promise.all([...this.#readers.keys()].map(({ closed }) => closed))
        },
        (error) => {
          this.#ending = undefined
          throw error
        },
      ),
    )
    this.#stopPipes()
    return this.#ending
  }

  /** Ends all remaining streams, however the channel was closed before. */
  async #closeStreams(spread: number, retry: number | RetryRange): Promise<void> {
    this.#live.flush()
    this.#closing = true
    this.#pages?.stop(retry)
    await closeStreams([...this.#readers.keys()], spread, retry, (stream) => {
      this.#live.flush()
      this.#readers.get(stream)?.flush()
    })
    if (this.#live.end) return
    this.#closed = true
    this.#keeper?.onClose()
    this.#stopPipes()
    this.#folds.stop()
    this.#live.stop()
    if (this.#ownsLog) await this.#live.log.close()
  }

  #stopPipes(): void {
    for (const stop of this.#pipes) stop()
  }

  /** Decodes an event once for all readers with filters, which reach a position at about the same time. */
  #decode({ type, data, topics, cursor: id }: LogEntry): EventOf<any> {
    let event = this.#decoded.get(id)
    if (event === undefined) {
      event = { type, data: decodePayload(typeToSend(this.#lookup, type), type, data, id), topics, id }
      if (this.#decoded.size === MAX_DECODED) this.#decoded.clear()
      this.#decoded.set(id, event)
    }
    return event
  }

  /** Handles an event of a pipe that could not be published. Its error was reported; `closed` means that the log has ended. */
  async #sourceFailed(cause: unknown): Promise<boolean> {
    const error = sourceFailure('the source of pipe()', cause)
    if (error.code === 'closed' && this.#reported.has(error)) return false
    throw this.#report(error)
  }

  /** Reports an error once, even if it rejects several promises. */
  #report(error: EventwireError): EventwireError {
    if (!this.#reported.has(error)) for (const listener of this.#listeners) callUser(listener, error)
    this.#reported.add(error)
    return error
  }

  #onBatch(entries: readonly LogEntry[], before: Cursor | undefined): void {
    const { end } = this.#live
    if (end) this.#stopPipes()
    if (before === undefined) return
    this.#folds.receive(entries, this.#live.head!)
    this.#source.latest.add(entries, before)
    if (!this.#fanOut.deliver(entries, before)) this.#complete = false
    if (end) {
      for (const reader of this.#readers.values()) reader.flush()
      this.#fanOut.eachLive((reader) => finish(reader.stream, end))
    }
    this.#folds.callWaiting()
    this.#untilReminder -= entries.length
    if (this.#untilReminder <= 0 && !this.#complete) this.#remind()
  }

  /** Sends each reader its position after half the depth of the log, so that the cursor of a client with few events is not trimmed. */
  #remind(): void {
    this.#untilReminder = UNKNOWN_DEPTH
    this.#complete = true
    this.#live.read(undefined, 0, (page) => {
      const [oldest, newest] = [fromCursor(page.oldest)!.sequence, fromCursor(page.newest)!.sequence]
      this.#untilReminder = Math.max(1, Math.floor((newest - oldest) / 4))
      this.#fanOut.eachLive((reader) => reader.remind(oldest + (newest - oldest) / 2))
    })
  }
}
