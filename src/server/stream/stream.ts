import { onAbort } from '../../shared/abort.ts'
import { EventwireError, shown } from '../../shared/errors.ts'
import { encodePayload, typeToSend } from '../../shared/events/payload.ts'
import { byteLength, toBytes } from '../../shared/wire/bytes.ts'
import { commentFrame, endFrame, eventFrame, retryFrame, topicLines } from '../../shared/wire/encode.ts'
import { type TerminationReason, terminationError } from './close-reason.ts'
import type { Encoder } from './compression.ts'
import { flushSoon } from './flush.ts'
import { type Heartbeat, type HeartbeatOwner, startHeartbeat } from './heartbeat.ts'
import {
  abandon,
  attach,
  awaitRoom,
  begin,
  deliver,
  fail,
  finish,
  flush,
  hasRoom,
  isOpen,
  onDetached,
  onDrained,
  onSilence,
  onTimeout,
  settings,
} from './internal.ts'
import { pipeInto } from './pipe.ts'
import type { CursorProducer, Producer } from './producer.ts'
import type { StreamSettings } from './settings.ts'
import { NO_SINK, type Sink, type SinkOwner } from './sink.ts'
import { StreamWaiters } from './stream-waiters.ts'
import type { CloseInfo, CloseOptions, CloseReason, EventWriter, PipeSource, SendOptions } from './types.ts'

/** Text of more characters is written before the tick ends. */
const FLUSH_SIZE = 65_536
/** Producers write below it; above it they wait, a channel's reader in its log. */
const HIGH_WATER_MARK = 65_536
const HEARTBEAT_FRAME = toBytes(':\n')

/** A stream as the other parts of the server use it. */
export interface Stream extends EventWriter<any>, SinkOwner, HeartbeatOwner {
  readonly [settings]: StreamSettings
  /** Whether little enough waits for the client to write more. */
  readonly [hasRoom]: boolean
  /** Begins on a sink that has taken the first bytes. A stream that never begins is born closed. */
  [begin](sink: Sink, firstBytes: number, signal: AbortSignal | undefined, encoder: Encoder | undefined): void
  /** Closes before it began. */
  [abandon](reason: CloseReason): void
  /** Lets a producer write to this stream. One that owns the ids has them to itself. */
  [attach](producer: Producer, owner?: CursorProducer): void
  /** Asks for one `resume()`, soon after the transport has taken what was written. */
  [awaitRoom](): void
  /** Writes frames that are bytes already, after what was sent. */
  [deliver](bytes: Uint8Array, events: number): void
  /** Closes because a producer has failed. */
  [fail](error: unknown): void
  /** Closes finally, with this data of the end. */
  [finish](data: string): void
  /** Writes what was sent in this tick. */
  [flush](): void
}

/** A client's writer, over any sink. An idle one is this object, its sink and its heartbeat, nothing else. */
class SinkStream implements Stream {
  readonly lastEventId: string
  readonly [settings]: StreamSettings
  readonly #openedAt: number = Math.round(performance.now())
  #sink: Sink = NO_SINK
  #encoder: Encoder | undefined
  #heartbeat: Heartbeat | undefined
  #stopListening: (() => void) | undefined
  #pending = ''
  /** Length of the pending text in characters when its bytes were last counted, and the bytes that it had. */
  #counted = 0
  #countedBytes = 0
  #full = false
  #events = 0
  #bytes = 0
  #info: CloseInfo | undefined
  #waiters: StreamWaiters | undefined
  #producers: Producer | undefined
  #cursorProducer: CursorProducer | undefined

  constructor(given: StreamSettings, lastEventId: string) {
    this[settings] = given
    this.lastEventId = lastEventId
  }

  [begin](sink: Sink, firstBytes: number, signal: AbortSignal | undefined, encoder: Encoder | undefined): void {
    this.#sink = sink
    this.#encoder = encoder
    this.#bytes = firstBytes
    this.#heartbeat = startHeartbeat(this, sink, this[settings])
    if (signal !== undefined) this.#stopListening = onAbort(signal, () => this.#finish('aborted'))
  }

  get [isOpen](): boolean {
    return this.#info === undefined
  }

  get [hasRoom](): boolean {
    return this.#sink.buffered <= HIGH_WATER_MARK && !(this.#full && this.#isFull())
  }

  get signal(): AbortSignal {
    return this.#wait().signal
  }

  get closed(): Promise<CloseInfo> {
    return this.#wait().closed
  }

  get buffered(): number {
    return this.#sink.buffered + byteLength(this.#pending)
  }

  send(type: string, payload?: unknown, options?: SendOptions): boolean {
    if (!this[isOpen]) return false
    const owner = this.#cursorProducer
    if (owner !== undefined && options?.id !== undefined) throw cursorMoved(options.id)
    const wireType = typeToSend(owner?.eventTypes ?? this[settings].lookup, type)
    const data = encodePayload(wireType, type, payload)
    const lines = options?.topics ? topicLines(options.topics, this[settings].controls) : ''
    return this.#take(lines + eventFrame(type, data, wireType.oneLine, options?.id, options?.retry), 1)
  }

  comment(text = ''): boolean {
    return this[isOpen] && this.#take(commentFrame(text), 0)
  }

  retry(delay: number): boolean {
    return this[isOpen] && this.#take(retryFrame(delay), 0)
  }

  ready(): Promise<boolean> {
    if (!this[isOpen] || !this.#isFull()) return Promise.resolve(this[isOpen])
    const waiters = this.#wait()
    if (!waiters.waiting) this[awaitRoom]()
    return waiters.ready()
  }

  pipe(source: PipeSource<any>, { final = false }: { readonly final?: boolean } = {}): Promise<CloseInfo> {
    pipeInto(this, source, final)
    return this.closed
  }

  close({ final = false, retry }: CloseOptions = {}): void {
    if (!this[isOpen]) return
    this.#pending += endFrame(final, retry, this[settings])
    this.#finish(final ? 'final' : 'server')
  }

  [finish](data: string): void {
    if (!this[isOpen]) return
    this.#pending += endFrame(true, undefined, this[settings], data)
    this.#finish('final')
  }

  [Symbol.dispose](): void {
    this.close()
  }

  [attach](producer: Producer, owner?: CursorProducer): void {
    if (owner !== undefined) {
      if (this.#cursorProducer) throw new TypeError('the stream has joined a channel; give each channel its own')
      this.#cursorProducer = owner
    }
    producer.next = this.#producers
    this.#producers = producer
    if (!this[isOpen]) producer.closed()
  }

  [awaitRoom](): void {
    this.#sink.awaitDrain()
  }

  [deliver](bytes: Uint8Array, events: number): void {
    this[flush]()
    if (!this[isOpen]) return
    this.#events += events
    this.#write(bytes)
  }

  [fail](error: unknown): void {
    this.#finish('error', error)
  }

  [abandon](reason: CloseReason): void {
    this.#settle(reason)
  }

  [flush](): void {
    if (this.#pending === '') return
    const bytes = toBytes(this.#pending)
    this.#pending = ''
    this.#counted = this.#countedBytes = 0
    this.#write(bytes)
  }

  [onDrained](): void {
    const waiters = this.#waiters
    if (waiters?.waiting) {
      if (this.#isFull()) this[awaitRoom]()
      else waiters.release(true)
    }
    for (let producer = this.#producers; producer; producer = producer.next) producer.resume()
  }

  [onDetached](error?: unknown): void {
    this.#settle('client', error)
    this.#heartbeat?.stop()
    this.#heartbeat = undefined
  }

  [onSilence](): void {
    let bytes: Uint8Array | undefined
    for (let producer = this.#producers; producer; producer = producer.next) bytes ??= producer.idle()
    this.#write(bytes ?? HEARTBEAT_FRAME)
  }

  [onTimeout](reason: 'stalled' | 'expired'): void {
    if (reason === 'expired' && this[isOpen]) this.#finish(reason)
    else this.#terminate(reason)
  }

  #take(frame: string, events: number): boolean {
    // A codec may have closed the stream.
    if (!this[isOpen]) return false
    if (this.#full && this.#isFull()) {
      this.#terminate('overflow')
      return false
    }
    if (this.#pending === '') flushSoon(this)
    this.#pending += frame
    this.#events += events
    if (this.#pending.length >= FLUSH_SIZE) this[flush]()
    this.#full = this.#isFull()
    return this[isOpen] && !this.#full
  }

  /** Counts the bytes of what is pending only when their number decides: until then each character may have been three. */
  #isFull(): boolean {
    const room = this[settings].maxBuffer - this.#sink.buffered
    const { length } = this.#pending
    if (length > room) return true
    if (this.#countedBytes + (length - this.#counted) * 3 <= room) return false
    this.#counted = length
    this.#countedBytes = byteLength(this.#pending)
    return this.#countedBytes > room
  }

  #write(plain: Uint8Array): void {
    this.#writeEncoded(this.#encoder === undefined ? plain : this.#encoder.encode(plain))
  }

  #writeEncoded(bytes: Uint8Array): void {
    this.#bytes += bytes.length
    this.#heartbeat?.wrote(bytes.length)
    try {
      this.#sink.write(bytes)
    } catch (error) {
      this[onDetached](error)
    }
  }

  /** Ends after what was sent. */
  #finish(reason: CloseReason, error?: unknown): void {
    if (!this[isOpen]) return
    this[flush]()
    if (this.#encoder !== undefined && this[isOpen]) this.#writeEncoded(this.#encoder.end())
    this.#settle(reason, error)
    this.#heartbeat?.ending()
    try {
      this.#sink.end()
    } catch {
      this[onDetached]()
    }
  }

  /** Ends at once and drops what waits. */
  #terminate(reason: TerminationReason): void {
    this.#pending = ''
    this.#settle(reason)
    this.#sink.destroy(terminationError(reason))
    this[onDetached]()
  }

  /** The one place where a stream becomes closed. */
  #settle(reason: CloseReason, error?: unknown): void {
    if (!this[isOpen]) return
    const duration = Math.max(0, Math.round(performance.now()) - this.#openedAt)
    const info: CloseInfo = { reason, events: this.#events, bytes: this.#bytes, duration }
    this.#info = error === undefined ? info : { ...info, error }
    this.#pending = ''
    this.#stopListening?.()
    this.#stopListening = undefined
    this.#waiters?.settle(this.#info)
    for (let producer = this.#producers; producer; producer = producer.next) producer.closed()
  }

  #wait(): StreamWaiters {
    if (this.#waiters === undefined) {
      this.#waiters = new StreamWaiters()
      if (this.#info !== undefined) this.#waiters.settle(this.#info)
    }
    return this.#waiters
  }
}

export const Stream: new (settings: StreamSettings, lastEventId: string) => Stream = SinkStream

export function cursorMoved(id: string): EventwireError {
  return new EventwireError(
    'invalid-field',
    `id ${shown(id)} would move the cursor of a stream that has joined a channel; leave it out`,
  )
}
