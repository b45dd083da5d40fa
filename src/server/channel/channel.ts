import { EventwireError, invalidOption } from '../../shared/errors.ts'
import { type Followable, type Follower, type Following, follow } from '../../shared/fold/source.ts'
import { LAST_EVENT_ID_HEADER } from '../../shared/wire/names.ts'
import type { Cursor } from '../log/event-log.ts'
import type { LiveLog } from '../log/live-log.ts'
import { handled } from '../log/log-failure.ts'
import { createStream } from '../stream/create-stream.ts'
import { isOpen } from '../stream/internal.ts'
import { readLastEventId, readQuery } from '../stream/last-event-id.ts'
import { sourceFailure } from '../stream/pipe.ts'
import { checkCompress, checkFinal, drawRetry, type RetryRange } from '../stream/settings.ts'
import { Stream } from '../stream/stream.ts'
import type { EventWriter } from '../stream/types.ts'
import { partsOf } from './channel-parts.ts'
import { closeSettings, RECONNECT_AFTER } from './close-settings.ts'
import { Closing } from './closing.ts'
import { Failures } from './failures.ts'
import type { ChannelKeeper } from './keeper.ts'
import { newEntry } from './new-entry.ts'
import { append } from './observed-append.ts'
import { type PageReader, pagesOf } from './page-port.ts'
import { Pipes } from './pipes.ts'
import { checkReaderOptions } from './reader-options.ts'
import { Subscribers } from './subscribers.ts'
import { checkTopics } from './topics.ts'
import type {
  AcknowledgeRequest,
  AnyChannelOptions,
  Channel,
  ChannelCloseOptions,
  ChannelStats,
  PublishOptions,
  ReaderOptions,
  SubscribeResult,
} from './types.ts'

/** Shared by all readers without options. */
const NO_OPTIONS: ReaderOptions<any> = {}

/** Opens a channel: a log, and the streams that read it. */
export function openChannel(options: AnyChannelOptions, keeper?: ChannelKeeper): Channel<any, any> {
  return new LogChannel(options, keeper)
}

class LogChannel implements Channel<any, Response | Promise<Response>>, Followable {
  readonly #keeper: ChannelKeeper | undefined
  readonly #ownsLog: boolean
  readonly #failures = new Failures()
  readonly #pipes = new Pipes()
  readonly #subscribers: Subscribers
  readonly #live: LiveLog
  readonly #closing: Closing
  readonly #pages: PageReader | undefined

  constructor(options: AnyChannelOptions, keeper?: ChannelKeeper) {
    const { log, events, stream, compress, poll } = options
    this.#keeper = keeper
    this.#ownsLog = log === undefined
    checkCompress(compress)
    this.#subscribers = new Subscribers(this, options, this.#failures, this.#pipes, keeper)
    this.#live = this.#subscribers.live
    this.#closing = new Closing(this.#subscribers, this.#pipes)
    this.#pages = poll?.[pagesOf](this.#subscribers, () => this.#closing.sendsAway, keeper)
    partsOf.set(this, {
      streamOptions: { ...stream, events, compress },
      report: this.#failures.reportCallback,
      pages: this.#pages,
    })
  }

  publish(type: string, payload?: unknown, options?: PublishOptions): Promise<Cursor> {
    this.#keeper?.onUse()
    const entry = newEntry(this.#subscribers.lookup, type, payload, options)
    if (this.#closing.isOpen) return append(this.#live, this, entry)
    const message = `event "${type}" was published to a closed channel; create a new one`
    return handled(Promise.reject(this.#failures.report(new EventwireError('closed', message, { type }))))
  }

  subscribe(stream: EventWriter<any>, options: ReaderOptions<any> = NO_OPTIONS): Promise<SubscribeResult> {
    if (!(stream instanceof Stream)) throw invalidOption('stream', stream, 'give a stream made by createStream()')
    checkReaderOptions(options)
    if (this.#closing.sendsAway) stream.close({ retry: drawRetry(RECONNECT_AFTER) })
    if (isOpen(stream)) return this.#subscribers.add(stream, options)
    return Promise.resolve({ status: 'closed', from: stream.lastEventId })
  }

  response(request: Request, options?: ReaderOptions<any>): Response | Promise<Response> {
    checkReaderOptions(options)
    const page = this.#pages?.respond(request, options)
    if (page) return page
    const stream = createStream<any>(request, partsOf.get(this)!.streamOptions)
    this.subscribe(stream, options)
    return this.#pages ? Promise.resolve(stream.response) : stream.response
  }

  pipe(
    source: unknown,
    { topics, final = false }: { topics?: readonly string[]; final?: boolean } = {},
  ): Promise<boolean> {
    checkTopics(topics)
    checkFinal(final)
    const ended = this.#pipes.add(source, ({ type, data, topics: own = topics, key, forget }) =>
      this.publish(type, data, { topics: own, key, forget }),
    )
    if (!this.#closing.isOpen) this.#pipes.stop()
    return handled(
      ended.then(
        (bySource) => (bySource && final ? this.#closing.end().then(() => true) : bySource),
        (cause) => this.#sourceFailed(cause),
      ),
    )
  }

  cursor(): Promise<Cursor> {
    const head = new Promise<Cursor>((resolve, reject) => {
      this.#live.read(undefined, 0, ({ newest }) => resolve(newest), reject)
    })
    return handled(head)
  }

  [follow](types: readonly string[], fold: Follower): Following {
    return this.#subscribers.folds.add(types, fold)
  }

  acknowledge({ url, headers }: AcknowledgeRequest): boolean {
    const id = typeof headers.get === 'function' ? headers.get(LAST_EVENT_ID_HEADER) : headers['last-event-id']
    return this.#subscribers.acknowledge(
      readQuery(url, 'client'),
      readLastEventId(typeof id === 'string' ? id : '', url),
    )
  }

  get size(): number {
    return this.#subscribers.readers.size + (this.#pages?.size ?? 0)
  }

  stats(): ChannelStats {
    let [behind, buffered] = [0, 0]
    for (const [stream, reader] of this.#subscribers.readers) {
      behind += +(reader.state !== 'live')
      buffered += stream.buffered
    }
    const { size } = this
    return { readers: size, live: size - behind, behind, buffered, log: this.#live.log.size?.() }
  }

  [Symbol.iterator](): Iterator<EventWriter<any>> {
    return (this.#subscribers.readers.keys() as Iterable<unknown> as Iterable<EventWriter<any>>)[Symbol.iterator]()
  }

  onError(listener: (error: any) => void): () => void {
    const { listeners } = this.#failures
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  close(options: ChannelCloseOptions = {}): Promise<void> {
    try {
      const { spread, retry, final } = closeSettings(options)
      return final ? this.#closing.end() : this.#leave(spread, retry)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  async #leave(spread: number, retry: number | RetryRange): Promise<void> {
    this.#live.flush()
    this.#pages?.stop(retry)
    if (!(await this.#closing.leave(spread, retry))) return
    this.#keeper?.onClose()
    if (this.#ownsLog) await this.#live.log.close()
  }

  /** Handles an event of a pipe that could not be published. Its error was reported; `closed` means that the log has ended. */
  async #sourceFailed(cause: unknown): Promise<boolean> {
    const error = sourceFailure('the source of pipe()', cause)
    if (error.code === 'closed' && this.#failures.reported.has(error)) return false
    throw this.#failures.report(error)
  }
}
