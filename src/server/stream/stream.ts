import { onAbort } from '../../shared/abort.ts'
import { EventwireError, shown } from '../../shared/errors.ts'
import { encodePayload, typeToSend } from '../../shared/events/payload.ts'
import { notify } from '../../shared/observe.ts'
import { byteLength, toBytes } from '../../shared/wire/bytes.ts'
import { commentFrame, endFrame, eventFrame, retryFrame, topicLines } from '../../shared/wire/encode.ts'
import { type TerminationReason, terminationError } from './close-reason.ts'
import type { Encoder } from './compression.ts'
import { flushSoon } from './flush.ts'
import { type Heartbeat, startHeartbeat } from './heartbeat.ts'
import { awaitRoom, defineInternals, flush, isOpen, onDetached } from './internal.ts'
import { pipeInto } from './pipe.ts'
import type { CursorOwner, Producer } from './producer.ts'
import type { StreamSettings } from './settings.ts'
import { NO_SINK, type Sink } from './sink.ts'
import { StreamWaiters } from './stream-waiters.ts'
import type { CloseInfo, CloseOptions, CloseReason, EventWriter, PipeSource, SendOptions } from './types.ts'

/** Text of more characters is written before the tick ends. */
const FLUSH_SIZE = 65_536
/** Producers write below it; above it they wait, a channel's reader in its log. */
const HIGH_WATER_MARK = 65_536
const HEARTBEAT_FRAME = toBytes(':\n')

/** A client's writer, over any sink. An idle one is this object, its sink and its heartbeat, nothing else. */
export class Stream implements EventWriter<any> {
  readonly lastEventId: string
  readonly #settings: StreamSettings
  readonly #openedAt: number = Math.round(performance.now())
  #sink: Sink = NO_SINK
  #encoder: Encoder | undefined
  #heartbeat: Heartbeat | undefined
  #pending = ''
  /** The length in characters up to which pending text is known to fit, since its bytes were last counted. */
  #fitsUpTo = 0
  #full = false
  #events = 0
  /** Events whose bytes were written. */
  #written = 0
  #bytes = 0
  #info: CloseInfo | undefined
  #waiters: StreamWaiters | undefined
  #producers: Producer | undefined

  constructor(settings: StreamSettings, lastEventId: string) {
    this.#settings = settings
    this.lastEventId = lastEventId
  }

  static {
    // In the order of `InternalsInOrder`.
    defineInternals(
      /* settings */ (stream) => stream.#settings,
      /* isOpen */ (stream) => stream.#info === undefined,
      /* hasRoom */ (stream) => stream.#sink.buffered <= HIGH_WATER_MARK && !(stream.#full && stream.#isFull()),
      /* awaitRoom */ (stream) => stream.#sink.awaitDrain(),
      /* begin */ (stream, sink, firstBytes, signal, encoder) => {
        stream.#sink = sink
        stream.#encoder = encoder
        notify?.('stream.opened', { stream })
        stream.#count(firstBytes)
        stream.#heartbeat = startHeartbeat(stream, sink)
        if (signal !== undefined) stream.#wait().onSettled = onAbort(signal, () => stream.#finish('aborted'))
      },
      /* abandon */ (stream, reason) => {
        notify?.('stream.opened', { stream })
        stream.#settle(reason)
      },
      /* attach */ (stream, producer) => {
        if (producer.source && stream.#owner)
          throw new TypeError('the stream has joined a channel; give each channel its own')
        producer.next = stream.#producers
        stream.#producers = producer
        if (!isOpen(stream)) producer.closed()
      },
      /* deliver */ (stream, bytes, events) => {
        if (stream.#pending !== '') flush(stream)
        if (stream.#info !== undefined) return
        stream.#events += events
        stream.#write(bytes)
      },
      /* flush */ (stream) => {
        if (stream.#pending === '') return
        const bytes = toBytes(stream.#pending)
        stream.#pending = ''
        stream.#fitsUpTo = 0
        stream.#write(bytes)
      },
      /* fail */ (stream, error) => stream.#finish('error', error),
      /* finish */ (stream, data) => stream.#end(true, undefined, data),
      /* onDrained */ (stream) => {
        const waiters = stream.#waiters
        if (waiters?.waiting) {
          if (stream.#isFull()) awaitRoom(stream)
          else waiters.release(true)
        }
        for (let producer = stream.#producers; producer; producer = producer.next) producer.resume()
      },
      /* onDetached */ (stream, error) => {
        stream.#settle('client', error)
        stream.#heartbeat?.stop()
        stream.#heartbeat = undefined
      },
      /* onSilence */ (stream) => {
        let bytes: Uint8Array | undefined
        for (let producer = stream.#producers; producer; producer = producer.next) bytes ??= producer.idle()
        stream.#write(bytes ?? HEARTBEAT_FRAME)
      },
      /* onTimeout */ (stream, reason) => {
        if (reason === 'expired' && isOpen(stream)) stream.#finish(reason)
        else stream.#terminate(reason)
      },
    )
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
    if (!isOpen(this)) return false
    const owner = this.#owner
    if (owner !== undefined && options?.id !== undefined) throw cursorMoved(options.id)
    const wireType = typeToSend(owner?.eventTypes ?? this.#settings.lookup, type)
    const data = encodePayload(wireType, type, payload)
    const lines = options?.topics ? topicLines(options.topics, this.#settings.controls) : ''
    return this.#take(lines + eventFrame(type, data, wireType.oneLine, options?.id, options?.retry), 1)
  }

  comment(text = ''): boolean {
    return isOpen(this) && this.#take(commentFrame(text), 0)
  }

  retry(delay: number): boolean {
    return isOpen(this) && this.#take(retryFrame(delay), 0)
  }

  ready(): Promise<boolean> {
    if (!isOpen(this) || !this.#isFull()) return Promise.resolve(isOpen(this))
    awaitRoom(this)
    return this.#wait().ready()
  }

  pipe(source: PipeSource<any>, { final = false }: { readonly final?: boolean } = {}): Promise<CloseInfo> {
    pipeInto(this, source, final)
    return this.closed
  }

  close({ final = false, retry }: CloseOptions = {}): void {
    this.#end(final, retry)
  }

  [Symbol.dispose](): void {
    this.close()
  }

  get #owner(): CursorOwner | undefined {
    let producer = this.#producers
    while (producer && !producer.source) producer = producer.next
    return producer?.source
  }

  #take(frame: string, events: number): boolean {
    // A codec may have closed the stream.
    if (!isOpen(this)) return false
    if (this.#full && this.#isFull()) {
      this.#terminate('overflow')
      return false
    }
    if (this.#pending === '') flushSoon(this)
    this.#pending += frame
    this.#events += events
    if (this.#pending.length >= FLUSH_SIZE) flush(this)
    this.#full = this.#isFull()
    return isOpen(this) && !this.#full
  }

  /** Counts the bytes of what is pending only when their number decides: until then each character may have been three. */
  #isFull(): boolean {
    const room = this.#settings.maxBuffer - this.#sink.buffered
    const { length } = this.#pending
    if (length > room) return true
    if (length * 3 <= room || length <= this.#fitsUpTo) return false
    const left = room - byteLength(this.#pending)
    this.#fitsUpTo = length + Math.floor(left / 3)
    return left < 0
  }

  #write(plain: Uint8Array, bytes: Uint8Array = this.#encoder?.encode(plain) ?? plain): void {
    this.#count(bytes.length)
    this.#heartbeat?.wrote(bytes.length)
    try {
      this.#sink.write(bytes)
    } catch (error) {
      onDetached(this, error)
    }
  }

  #count(bytes: number): void {
    const events = this.#events - this.#written
    this.#written = this.#events
    this.#bytes += bytes
    notify?.('events.delivered', { stream: this, events, bytes })
  }

  /** Ends after what was sent and a last frame. */
  #end(final: boolean, retry: number | undefined, data?: string): void {
    if (!isOpen(this)) return
    this.#pending += endFrame(final, retry, this.#settings, data)
    this.#finish(final ? 'final' : 'server')
  }

  /** Ends after what was sent. */
  #finish(reason: CloseReason, error?: unknown): void {
    if (!isOpen(this)) return
    flush(this)
    if (this.#encoder !== undefined && isOpen(this)) {
      const end = this.#encoder.end()
      this.#write(end, end)
    }
    this.#settle(reason, error)
    this.#heartbeat?.ending()
    try {
      this.#sink.end()
    } catch {
      onDetached(this)
    }
  }

  /** Ends at once and drops what waits. */
  #terminate(reason: TerminationReason): void {
    this.#pending = ''
    this.#settle(reason)
    this.#sink.destroy(terminationError(reason))
    onDetached(this)
  }

  /** The one place where a stream becomes closed. */
  #settle(reason: CloseReason, error?: unknown): void {
    if (!isOpen(this)) return
    const duration = Math.max(0, Math.round(performance.now()) - this.#openedAt)
    const info: CloseInfo = {
      reason,
      events: this.#written,
      bytes: this.#bytes,
      duration,
      ...(error !== undefined && { error }),
    }
    this.#info = info
    this.#pending = ''
    this.#waiters?.settle(info)
    for (let producer = this.#producers; producer; producer = producer.next) producer.closed()
    notify?.('stream.closed', { stream: this, info })
  }

  #wait(): StreamWaiters {
    if (this.#waiters === undefined) {
      this.#waiters = new StreamWaiters()
      if (this.#info !== undefined) this.#waiters.settle(this.#info)
    }
    return this.#waiters
  }
}

export function cursorMoved(id: string): EventwireError {
  return new EventwireError(
    'invalid-field',
    `id ${shown(id)} would move the cursor of a stream that has joined a channel; leave it out`,
  )
}
