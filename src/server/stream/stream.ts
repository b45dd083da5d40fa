import { onAbort } from '../../shared/abort.ts'
import { EventwireError } from '../../shared/errors.ts'
import type { FindType } from '../../shared/events/define-events.ts'
import { encodePayload, typeToSend } from '../../shared/events/payload.ts'
import { byteLength, toBytes } from '../../shared/wire/bytes.ts'
import { commentFrame, controlFrame, eventFrame, retryFrame } from '../../shared/wire/encode.ts'
import { END_EVENT, TERMINAL_ID } from '../../shared/wire/names.ts'
import { type CutReason, cutError } from './close-reason.ts'
import { flushSoon } from './flush.ts'
import { type Heartbeat, startHeartbeat } from './heartbeat.ts'
import { type PipeTarget, pipe } from './pipe.ts'
import type { Settings } from './settings.ts'
import { NO_SINK, type Sink, type SinkOwner } from './sink.ts'
import { Watchers } from './stream-waiters.ts'
import type {
  CloseInfo,
  CloseOptions,
  CloseReason,
  EventWriter,
  PipeOptions,
  PipeSource,
  SendOptions,
} from './types.ts'

/** So much text is handed over before the tick ends; and a piped source is pulled while less than this waits. */
const MUCH = 65_536
const BEAT = toBytes(':\n\n')

/** A channel's reader: it writes frames that it shares with others. */
export interface StreamReader {
  /** The channel's own event map, if it was given one. */
  readonly find: FindType | undefined
  /** The transport takes bytes again. */
  drained(): void
  /** The stream has closed, for whichever reason. */
  closed(): void
  /** What to send instead of a heartbeat, if anything. */
  beat(): Uint8Array | undefined
}

/** A client's writer, over any sink. An idle one is this object, its sink and its heartbeat, nothing else. */
export class Stream implements EventWriter<any>, SinkOwner {
  readonly lastEventId: string
  sink: Sink = NO_SINK
  readonly settings: Settings
  readonly #openedAt: number = Math.round(performance.now())
  #heartbeat: Heartbeat | undefined
  #stopListening: (() => void) | undefined
  #pending = ''
  /** So many characters of what is pending have been counted, and have so many bytes. */
  #counted = 0
  #countedBytes = 0
  #full = false
  #events = 0
  #bytes = 0
  #info: CloseInfo | undefined
  #watchers: Watchers | undefined
  #reader: StreamReader | undefined

  constructor(settings: Settings, lastEventId: string) {
    this.settings = settings
    this.lastEventId = lastEventId
  }

  /** Begins on a sink that has taken the first bytes. A stream that never begins is born closed. */
  begin(sink: Sink, firstBytes: number, signal: AbortSignal | undefined): void {
    this.sink = sink
    this.#bytes = firstBytes
    this.#heartbeat = startHeartbeat(this)
    if (signal !== undefined) this.#stopListening = onAbort(signal, () => this.#finish('aborted'))
  }

  get open(): boolean {
    return this.#info === undefined
  }

  get signal(): AbortSignal {
    return this.#watch().signal
  }

  get closed(): Promise<CloseInfo> {
    return this.#watch().closed
  }

  get buffered(): number {
    return this.sink.buffered + byteLength(this.#pending)
  }

  send(type: string, payload?: unknown, options?: SendOptions): boolean {
    if (!this.open) return false
    if (this.#reader !== undefined && options?.id !== undefined) throw cursorMoved(options.id)
    const wireType = typeToSend(this.#reader?.find ?? this.settings.find, type)
    const data = encodePayload(wireType, type, payload)
    return this.#take(eventFrame(type, data, wireType.oneLine, options?.id, options?.retry), 1)
  }

  comment(text = ''): boolean {
    return this.open && this.#take(commentFrame(text), 0)
  }

  retry(delay: number): boolean {
    return this.open && this.#take(retryFrame(delay), 0)
  }

  ready(): Promise<boolean> {
    return Promise.resolve(this.#roomWithin(this.settings.maxBuffer))
  }

  pipe(source: PipeSource<any>, { final = false }: PipeOptions = {}): Promise<CloseInfo> {
    const target: PipeTarget = {
      // A source need not run far ahead of the client.
      room: () => this.#roomWithin(Math.min(MUCH, this.settings.maxBuffer)),
      isOpen: () => this.open,
      take: ({ type, data, id }) => this.send(type, data, id === undefined ? undefined : { id }),
    }
    const { ended, stop } = pipe(source, target, final)
    this.closed.then(stop)
    ended.then(
      () => this.close({ final }),
      (error) => this.fail(error),
    )
    return this.closed
  }

  close({ final = false, retry }: CloseOptions = {}): void {
    if (!this.open) return
    if (retry !== undefined) this.#pending += retryFrame(retry)
    if (final) this.#pending += controlFrame(END_EVENT, '{}', TERMINAL_ID)
    this.#finish(final ? 'final' : 'server')
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /** Lets a channel write to this stream; it has to leave the ids to it. */
  join(reader: StreamReader): void {
    if (this.#reader !== undefined) throw new TypeError('the stream has joined a channel; give each channel its own')
    this.#reader = reader
  }

  /** Writes frames that are bytes already, after what was sent. */
  deliver(bytes: Uint8Array, events: number): void {
    this.flush()
    if (!this.open) return
    this.#events += events
    this.#write(bytes)
  }

  /** A piped source has failed. */
  fail(error: unknown): void {
    this.#finish('error', error)
  }

  /** Closes before it began. */
  abandon(reason: CloseReason): void {
    this.#settle(reason)
  }

  /** Hands over what was sent in this tick. */
  flush(): void {
    if (this.#pending === '') return
    const bytes = toBytes(this.#pending)
    this.#pending = ''
    this.#counted = this.#countedBytes = 0
    this.#write(bytes)
  }

  drained(): void {
    const watchers = this.#watchers
    if (watchers?.waiting) {
      watchers.drained(this.buffered)
      if (watchers.waiting) this.sink.awaitDrain()
    }
    this.#reader?.drained()
  }

  detached(error?: unknown): void {
    this.#settle('client', error)
    this.#heartbeat?.stop()
    this.#heartbeat = undefined
  }

  beat(): void {
    this.#write(this.#reader?.beat() ?? BEAT)
  }

  stall(): void {
    this.#cut('stalled')
  }

  expire(): void {
    if (this.open) this.#finish('expired')
    else this.#cut('expired')
  }

  #take(frame: string, events: number): boolean {
    // A codec may have closed the stream.
    if (!this.open) return false
    if (this.#full && this.#isFull()) {
      this.#cut('overflow')
      return false
    }
    if (this.#pending === '') flushSoon(this)
    this.#pending += frame
    this.#events += events
    if (this.#pending.length >= MUCH) this.flush()
    this.#full = this.#isFull()
    return this.open && !this.#full
  }

  /** Counts the bytes of what is pending only when their number decides: until then each character may have been three. */
  #isFull(): boolean {
    const room = this.settings.maxBuffer - this.sink.buffered
    const { length } = this.#pending
    if (length > room) return true
    if (this.#countedBytes + (length - this.#counted) * 3 <= room) return false
    this.#counted = length
    this.#countedBytes = byteLength(this.#pending)
    return this.#countedBytes > room
  }

  #roomWithin(limit: number): boolean | Promise<boolean> {
    if (!this.open) return false
    if (this.buffered <= limit) return true
    this.flush()
    if (!this.open || this.buffered <= limit) return this.open
    const watchers = this.#watch()
    if (!watchers.waiting) this.sink.awaitDrain()
    return watchers.room(limit)
  }

  #write(bytes: Uint8Array): void {
    this.#bytes += bytes.length
    this.#heartbeat?.wrote(bytes.length)
    try {
      this.sink.write(bytes)
    } catch (error) {
      this.detached(error)
    }
  }

  /** Ends after what was sent. */
  #finish(reason: CloseReason, error?: unknown): void {
    if (!this.open) return
    this.flush()
    this.#settle(reason, error)
    const { sink } = this
    this.#heartbeat?.ending()
    try {
      sink.end()
    } catch {
      this.detached()
    }
  }

  /** Ends at once and drops what waits. */
  #cut(reason: CutReason): void {
    this.#pending = ''
    this.#settle(reason)
    this.sink.destroy(cutError(reason))
    this.detached()
  }

  /** The one place where a stream becomes closed. */
  #settle(reason: CloseReason, error?: unknown): void {
    if (!this.open) return
    const duration = Math.max(0, Math.round(performance.now()) - this.#openedAt)
    const info: CloseInfo = { reason, events: this.#events, bytes: this.#bytes, duration }
    this.#info = error === undefined ? info : { ...info, error }
    this.#pending = ''
    this.#stopListening?.()
    this.#stopListening = undefined
    this.#watchers?.settle(this.#info)
    this.#reader?.closed()
  }

  #watch(): Watchers {
    if (this.#watchers === undefined) {
      this.#watchers = new Watchers()
      if (this.#info !== undefined) this.#watchers.settle(this.#info)
    }
    return this.#watchers
  }
}

function cursorMoved(id: string): EventwireError {
  return new EventwireError(
    'invalid-field',
    `id ${JSON.stringify(id)} would move the cursor of a stream that has joined a channel; leave it out`,
  )
}
