import { EventwireError, invalidOption, reasonOf, shown } from '../../shared/errors.ts'
import { type FindType, findTypeOf } from '../../shared/events/define-events.ts'
import { decodePayload, encodePayload, typeToSend } from '../../shared/events/payload.ts'
import { callUser } from '../../shared/report.ts'
import { isThenable } from '../../shared/thenable.ts'
import { checkName } from '../../shared/wire/encode.ts'
import { END_EVENT, MAX_TIMER } from '../../shared/wire/names.ts'
import { type Cursor, type EventLog, fromCursor, type LogEntry, type NewEntry, type Page } from '../log/event-log.ts'
import { memoryLog } from '../log/memory-log.ts'
import { createStream } from '../stream/create-stream.ts'
import { flushSoon } from '../stream/flush.ts'
import { pipe } from '../stream/pipe.ts'
import { drawRetry, isDelayRange } from '../stream/settings.ts'
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
  ChannelPipeOptions,
  PublishedEvent,
  PublishOptions,
  ReaderOptions,
  Resumption,
} from './types.ts'

/** So much of one tick is handed out before it ends. */
const MUCH = 65_536
/** Entries until the next reminder, while the log has not said how many it keeps. */
const UNKNOWN_DEPTH = 1024
/** Events of a piped source between two pauses. */
const PAUSE_AFTER = 256
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
  readonly #pipes = new Set<() => void>()
  #waiting = new Set<Reader>()
  #state: 'open' | 'draining' | 'closed' = 'open'
  /** The final end, from the moment it is asked for; a failed one leaves nothing behind. */
  #ending: Promise<void> | undefined
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
    if (isThenable(answer)) answer.then(undefined, (cause) => this.logFailed(cause))
    else this.head = answer.newest
  }

  publish(type: string, payload?: unknown, options?: PublishOptions): Promise<Cursor> {
    const wireType = typeToSend(this.#find, type)
    checkName(type)
    const topics = checkTopics(options?.topics)
    const data = encodePayload(wireType, type, payload)
    if (this.#state === 'closed' || this.#final) {
      return this.#rejected(
        new EventwireError('closed', `event "${type}" was published to a closed channel; create a new one`, { type }),
      )
    }
    return this.#append(topics === undefined ? { type, data } : { type, data, topics })
  }

  subscribe(stream: EventWriter<any>, options: ReaderOptions<any> = {}): Promise<Resumption> {
    if (!(stream instanceof Stream)) throw invalidOption('stream', stream, 'give a stream made by createStream()')
    const { topics, filter, snapshot, from } = options
    checkPatterns(topics)
    if (filter !== undefined && typeof filter !== 'function') throw invalidOption('filter', filter, 'give a function')
    if (snapshot !== undefined && typeof snapshot !== 'function')
      throw invalidOption('snapshot', snapshot, 'give a function')
    if (from !== undefined && typeof from !== 'string')
      throw invalidOption('from', from, "give 'now', 'start' or a cursor")
    if (this.#state !== 'open' && !this.#final) stream.close({ retry: drawRetry(RETRY) })
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

  pipe(source: unknown, { topics, final = false }: ChannelPipeOptions = {}): Promise<boolean> {
    checkTopics(topics)
    let count = 0
    let refusal: unknown
    const { ended, stop } = pipe(
      source,
      {
        // A source that never waits would keep the process from everything else.
        room: () => ++count % PAUSE_AFTER > 0 || new Promise((resolve) => setTimeout(resolve, 0, true)),
        isOpen: () => this.#state !== 'closed' && !this.#final,
        take: ({ type, data, id, topics: own = topics }) => {
          if (id !== undefined) throw idOfSource(id)
          return this.publish(type, data, { topics: own }).catch((error) => {
            refusal = error
            throw error
          })
        },
      },
      final,
    )
    this.#pipes.add(stop)
    const piped = ended.then(
      async (sourceEnded) => {
        this.#pipes.delete(stop)
        if (sourceEnded && final) await this.#end()
        return sourceEnded
      },
      (cause) => {
        this.#pipes.delete(stop)
        // The log has ended, or its refusal has been reported.
        if (cause === refusal && cause.code === 'closed') return false
        if (cause === refusal) throw cause
        throw this.#report(sourceFailed(cause))
      },
    )
    piped.catch(() => {})
    return piped
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

  close(options: ChannelCloseOptions = {}): Promise<void> {
    try {
      const { within, retry, final } = closeSettings(options)
      return final ? this.#end() : this.#drain(within, retry)
    } catch (error) {
      return Promise.reject(error)
    }
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
    return this.#report(new EventwireError('log-failed', `the log failed: ${reason}; see the cause`, { cause }))
  }

  /** The end is an entry, too: who reads this log later, or elsewhere, comes to it. */
  #end(): Promise<void> {
    if (this.#ending !== undefined) return this.#ending
    const ending = this.#append({ type: END_EVENT, data: '{}' }).then(
      () => {
        this.flush()
        return this.#empty()
      },
      (error) => {
        this.#ending = undefined
        throw error
      },
    )
    ending.catch(() => {})
    this.#ending = ending
    this.#stopPipes()
    return ending
  }

  /** Whether the log takes nothing more; present and later readers get what is in it, and its end. */
  get #final(): boolean {
    return this.ended || this.#ending !== undefined
  }

  /** Each call ends all streams that are left, however it was closed before. */
  async #drain(within: number, retry: readonly [number, number]): Promise<void> {
    this.flush()
    if (this.#state === 'open') this.#state = 'draining'
    await drain([...this.#readers.keys()], within, retry)
    if (this.ended) return
    this.#state = 'closed'
    this.#stopPipes()
    this.#unfollow()
    if (this.#ownsLog) await this.log.close()
  }

  #stopPipes(): void {
    for (const stop of this.#pipes) stop()
  }

  #append(entry: NewEntry): Promise<Cursor> {
    try {
      const answer = this.log.append(entry)
      if (!isThenable(answer)) return Promise.resolve(answer)
      const result = Promise.resolve(answer).catch((cause) => {
        throw this.#refusal(cause)
      })
      result.catch(() => {})
      return result
    } catch (cause) {
      return this.#rejection(this.#refusal(cause))
    }
  }

  /** A log that another process has ended may say so before it tells its followers. */
  #refusal(cause: unknown): EventwireError {
    return cause instanceof EventwireError && cause.code === 'closed' ? this.#report(cause) : this.logFailed(cause)
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

  #report(error: EventwireError): EventwireError {
    for (const listener of this.#listeners) callUser(listener, error)
    return error
  }

  #onEntries(entries: readonly LogEntry[]): void {
    if (this.#tail.length === 0) flushSoon(this)
    for (const entry of entries) {
      this.#tail.push(entry)
      this.#tailSize += entry.data.length
      if (entry.type === END_EVENT) this.ended = true
    }
    if (this.ended) this.#stopPipes()
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
    if (isThenable(answer))
      answer.then((page) => this.#remindAll(page)).then(undefined, (cause) => this.logFailed(cause))
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

/** A refused event is an error of ours already. */
function sourceFailed(cause: unknown): EventwireError {
  if (cause instanceof EventwireError) return cause
  return new EventwireError('callback-failed', `the source of pipe() failed: ${reasonOf(cause)}`, { cause })
}

function idOfSource(id: string): EventwireError {
  const message = `id ${shown(id)} cannot be published: the id of an event is its cursor; leave it out`
  return new EventwireError('invalid-field', message)
}

/** @throws {EventwireError} `invalid-option` */
function closeSettings({ within = 0, retry = RETRY, final = false }: ChannelCloseOptions) {
  if (typeof within !== 'number' || !(within >= 0 && within < Infinity)) {
    throw invalidOption('within', within, 'give milliseconds')
  }
  if (!isDelayRange(retry))
    throw invalidOption('retry', retry, `give [min, max], whole milliseconds up to ${MAX_TIMER}`)
  if (typeof final !== 'boolean') throw invalidOption('final', final, 'give true or false')
  return { within, retry, final }
}

const seen: unique symbol = Symbol('eventwire.published')
