import { EventwireError } from '../../shared/errors.ts'
import { type FindType, findTypeOf } from '../../shared/events/define-events.ts'
import { decodePayload, encodePayload, typeToSend } from '../../shared/events/payload.ts'
import { guarded } from '../../shared/report.ts'
import { checkName } from '../../shared/wire/encode.ts'
import { END_EVENT } from '../../shared/wire/names.ts'
import { type Cursor, type EventLog, fromCursor, type LogEntry, type NewEntry, type Page } from '../log/event-log.ts'
import { memoryLog } from '../log/memory-log.ts'
import { createStream } from '../stream/create-stream.ts'
import { flushSoon } from '../stream/flush.ts'
import { drawRetry, invalid } from '../stream/settings.ts'
import { Stream } from '../stream/stream.ts'
import type { EventWriter, StreamOptions } from '../stream/types.ts'
import { drain } from './drain.ts'
import { handOut } from './fan-out.ts'
import { Groups } from './groups.ts'
import { type Home, Reader } from './reader.ts'
import { checkPatterns, checkTopics } from './topics.ts'
import type {
  Channel,
  ChannelCloseOptions,
  ChannelOptions,
  PublishedEvent,
  PublishOptions,
  ReaderOptions,
  Resumption,
} from './types.ts'

/** So much of one tick is handed out before it ends. */
const MUCH = 65_536
/** Entries until the next reminder, while the log has not said how many it keeps. */
const UNKNOWN_DEPTH = 1024
const RETRY: readonly [number, number] = [1_000, 5_000]

/** A log, its live tail, and the readers at it. */
export class LogChannel implements Channel<any>, Home {
  readonly log: EventLog
  readonly givenMap: FindType | undefined
  head: Cursor | undefined
  ended = false
  readonly #ownsLog: boolean
  readonly #find: FindType
  readonly #streamOptions: StreamOptions<any>
  readonly #readers = new Map<Stream, Reader>()
  readonly #groups = new Groups()
  readonly #listeners = new Set<(error: EventwireError) => void>()
  readonly #unfollow: () => void
  #waiting = new Set<Reader>()
  #state: 'open' | 'draining' | 'closed' | 'final' = 'open'
  #whenEmpty: (() => void) | undefined
  /** The entries of this tick. */
  #tail: LogEntry[] = []
  #tailSize = 0
  /** How many entries may pass before filtered readers are told where they are. */
  #untilReminder = 1

  constructor({ log, events, stream }: ChannelOptions<any>) {
    this.#find = findTypeOf(events)
    this.givenMap = events && this.#find
    this.#streamOptions = { ...stream, events }
    this.#ownsLog = log === undefined
    this.log = log ?? memoryLog()
    this.#unfollow = this.log.follow(
      (entries) => this.#onEntries(entries),
      () => this.#onLost(),
    )
    const answer = this.log.read(undefined, 0)
    if (answer instanceof Promise) answer.catch((cause) => this.logFailed(cause))
    else this.head = answer.newest
  }

  publish(type: string, payload?: unknown, options?: PublishOptions): Promise<Cursor> {
    const data = encodePayload(typeToSend(this.#find, type), type, payload)
    checkName(type)
    const topics = checkTopics(options?.topics)
    if (this.#state === 'closed' || this.#state === 'final') {
      return this.#rejected(
        new EventwireError('closed', `event "${type}" was published to a closed channel; create a new one`, { type }),
      )
    }
    return this.#append(topics === undefined ? { type, data } : { type, data, topics })
  }

  subscribe(stream: EventWriter<any>, options: ReaderOptions<any> = {}): Promise<Resumption> {
    if (!(stream instanceof Stream)) throw invalid('stream', stream, 'give a stream made by createStream()')
    const { topics, filter, snapshot, from } = options
    checkPatterns(topics)
    if (filter !== undefined && typeof filter !== 'function') throw invalid('filter', filter, 'give a function')
    if (snapshot !== undefined && typeof snapshot !== 'function') throw invalid('snapshot', snapshot, 'give a function')
    if (from !== undefined && typeof from !== 'string') throw invalid('from', from, "give 'now', 'start' or a cursor")
    if (this.#state === 'draining' || this.#state === 'closed') stream.close({ retry: drawRetry(RETRY) })
    if (!stream.open) return Promise.resolve({ status: 'closed', from: stream.lastEventId })
    let onBegun!: (resumption: Resumption) => void
    const begun = new Promise<Resumption>((resolve) => {
      onBegun = resolve
    })
    const reader = new Reader(this, stream, options, onBegun)
    stream.join(reader)
    reader.group = this.#groups.join(topics)
    this.#readers.set(stream, reader)
    reader.begin()
    return begun
  }

  response(request: Request, options?: ReaderOptions<any>): Response {
    const stream = createStream<any>(request, this.#streamOptions)
    this.subscribe(stream, options)
    return stream.response
  }

  get size(): number {
    return this.#readers.size
  }

  [Symbol.iterator](): Iterator<EventWriter<any>> {
    return (this.#readers.keys() as Iterable<unknown> as Iterable<EventWriter<any>>)[Symbol.iterator]()
  }

  onError(listener: (error: EventwireError) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close({ within = 0, retry = RETRY, final = false }: ChannelCloseOptions = {}): Promise<void> {
    if (!(within >= 0 && within < Infinity)) return Promise.reject(invalid('within', within, 'give milliseconds'))
    if (this.#state !== 'open') return this.#empty()
    return final ? this.#end() : this.#drain(within, retry)
  }

  flush(): void {
    if (this.#tail.length === 0) return
    const entries = this.#tail
    const before = this.head
    this.#tail = []
    this.#tailSize = 0
    this.head = entries.at(-1)!.cursor
    if (before !== undefined) handOut(this.#groups, entries, before)
    const waiting = this.#waiting
    this.#waiting = new Set()
    for (const reader of waiting) reader.catchUp()
    this.#remind(entries.length)
  }

  waitForHead(reader: Reader): void {
    this.#waiting.add(reader)
  }

  published(entry: LogEntry & { [seen]?: PublishedEvent<any> }): PublishedEvent<any> {
    const { type, data, topics, cursor: id } = entry
    entry[seen] ??= { type, data: decodePayload(typeToSend(this.#find, type), type, data, id), topics, id }
    return entry[seen]
  }

  left(reader: Reader): void {
    this.#readers.delete(reader.stream)
    this.#waiting.delete(reader)
    this.#groups.leave(reader.group)
    if (this.#readers.size === 0) this.#whenEmpty?.()
  }

  logFailed(cause: unknown): EventwireError {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const error = new EventwireError('log-failed', `the log failed: ${reason}; see the cause`, { cause })
    this.#report(error)
    return error
  }

  /** The end is an entry, too: who reads this log later, or elsewhere, comes to it. */
  #end(): Promise<void> {
    this.#state = 'final'
    const ended = this.#append({ type: END_EVENT, data: '{}' }).then(
      () => {
        this.flush()
        return this.#empty()
      },
      (error) => {
        if (!this.ended) this.#state = 'open'
        throw error
      },
    )
    ended.catch(() => {})
    return ended
  }

  async #drain(within: number, retry: readonly [number, number]): Promise<void> {
    this.#state = 'draining'
    await drain([...this.#readers.keys()], within, retry)
    this.#state = 'closed'
    this.#unfollow()
    if (this.#ownsLog) await this.log.close()
  }

  #append(entry: NewEntry): Promise<Cursor> {
    try {
      const answer = this.log.append([entry])
      if (!(answer instanceof Promise)) return Promise.resolve(answer[0]!)
      const result = answer.then(
        ([cursor]) => cursor!,
        (cause) => {
          throw this.#refusal(cause)
        },
      )
      result.catch(() => {})
      return result
    } catch (cause) {
      return this.#rejection(this.#refusal(cause))
    }
  }

  /** A log that another process has ended may say so before it tells its followers. */
  #refusal(cause: unknown): EventwireError {
    if (!(cause instanceof EventwireError) || cause.code === 'log-failed') return this.logFailed(cause)
    this.#report(cause)
    return cause
  }

  #rejected(error: EventwireError): Promise<never> {
    this.#report(error)
    return this.#rejection(error)
  }

  /** `onError` has heard of it, so nobody need catch it. */
  #rejection(error: EventwireError): Promise<never> {
    const rejection = Promise.reject(error)
    rejection.catch(() => {})
    return rejection
  }

  #report(error: EventwireError): void {
    for (const listener of this.#listeners) guarded(() => listener(error))
  }

  #onEntries(entries: readonly LogEntry[]): void {
    if (this.#tail.length === 0) flushSoon(this)
    for (const entry of entries) {
      this.#tail.push(entry)
      this.#tailSize += entry.data.length
      if (entry.type !== END_EVENT) continue
      this.ended = true
      if (this.#state === 'open') this.#state = 'final'
    }
    if (this.#tailSize >= MUCH) this.flush()
  }

  #onLost(): void {
    this.flush()
    const { head } = this
    this.head = undefined
    for (const reader of this.#readers.values()) {
      if (head !== undefined) reader.lose(head)
      reader.catchUp()
    }
  }

  /** A client that gets little must not fall off a history that it never wanted: it is told at half the depth. */
  #remind(count: number): void {
    this.#untilReminder -= count
    if (this.#untilReminder > 0 || this.head === undefined) return
    this.#untilReminder = UNKNOWN_DEPTH
    const answer = this.log.read(undefined, 0)
    if (answer instanceof Promise) answer.then((page) => this.#remindAll(page)).catch((cause) => this.logFailed(cause))
    else this.#remindAll(answer)
  }

  #remindAll(page: Page): void {
    const [oldest, newest] = [fromCursor(page.oldest)!.sequence, fromCursor(page.newest)!.sequence]
    this.#untilReminder = Math.max(1, Math.floor((newest - oldest) / 4))
    const half = oldest + (newest - oldest) / 2
    for (const group of this.#groups.all()) for (const reader of group.live) reader.remind(half)
  }

  #empty(): Promise<void> {
    if (this.#readers.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const before = this.#whenEmpty
      this.#whenEmpty = () => {
        before?.()
        resolve()
      }
    })
  }
}

const seen: unique symbol = Symbol('eventwire.published')
