import type { EventwireError } from '../../shared/errors.ts'
import { type TypeLookup, typeLookupOf } from '../../shared/events/define-events.ts'
import type { EventOf } from '../../shared/events/event-map.ts'
import { decodePayload, typeToSend } from '../../shared/events/payload.ts'
import type { Cursor, LogEntry } from '../log/event-log.ts'
import { LiveLog, type LiveLogOwner } from '../log/live-log.ts'
import { memoryLog } from '../log/memory-log.ts'
import { fromCursor } from '../log/position.ts'
import { attach, finish, settings } from '../stream/internal.ts'
import type { Stream } from '../stream/stream.ts'
import type { Failures } from './failures.ts'
import { FanOut } from './fan-out.ts'
import { Folds } from './folds.ts'
import type { ChannelKeeper } from './keeper.ts'
import { LatestValues } from './latest-values.ts'
import type { Pipes } from './pipes.ts'
import { Reader } from './reader.ts'
import type { ReaderOutput, ReaderSource } from './reader-output.ts'
import type { AnyChannelOptions, Channel, ReaderOptions, SubscribeResult } from './types.ts'

/** Entries until the next reminder, while the log has not said how many it keeps. */
const UNKNOWN_DEPTH = 1024
/** The number of decoded events that are cached for other readers with filters. */
const MAX_DECODED = 128

/** All that reads the log of a channel: passes live entries to latest values, readers and folds. */
export class Subscribers implements LiveLogOwner, ReaderSource {
  readonly channel: Channel<any, unknown>
  /** The event map of the channel, JSON for every name without one. */
  readonly lookup: TypeLookup
  readonly eventTypes: TypeLookup | undefined
  readonly readers: Map<Stream, Reader> = new Map()
  readonly live: LiveLog
  readonly folds: Folds
  readonly latest: LatestValues
  readonly #failures: Failures
  readonly #pipes: Pipes
  readonly #keeper: ChannelKeeper | undefined
  readonly #fanOut: FanOut
  /** Readers whose clients confirm what they have seen. */
  readonly #clients = new Map<string, Reader>()
  /** The newest events that were decoded for filters. */
  readonly #decoded = new Map<Cursor, EventOf<any>>()
  /** The number of entries until readers that received none of them are sent their position. */
  #untilReminder = 1
  /** Whether every live reader has received everything since the last reminder. */
  #complete = true

  constructor(
    channel: Channel<any, unknown>,
    { log = memoryLog(), events, compress }: AnyChannelOptions,
    failures: Failures,
    pipes: Pipes,
    keeper: ChannelKeeper | undefined,
  ) {
    this.channel = channel
    this.lookup = typeLookupOf(events)
    this.eventTypes = events && this.lookup
    this.#failures = failures
    this.#pipes = pipes
    this.#keeper = keeper
    this.#fanOut = new FanOut(compress)
    this.live = new LiveLog(log, this)
    this.folds = new Folds(this, failures.reportCallback)
    this.latest = new LatestValues(this.live)
  }

  /** Adds a reader for an open stream. */
  add(stream: Stream, options: ReaderOptions<any>): Promise<SubscribeResult> {
    const group = this.#fanOut.group(options.topics, settings(stream).controls, options.every)
    const reader = new Reader(this, stream, group, options)
    attach(stream, reader)
    this.#fanOut.join(group)
    this.readers.set(stream, reader)
    if (options.client !== undefined) this.#clients.set(options.client, reader)
    return reader.begin()
  }

  /** Notes that a client has received everything up to a position. @returns whether that is new. */
  acknowledge(client: string, cursor: Cursor): boolean {
    return this.#clients.get(client)?.acknowledge(cursor) ?? false
  }

  /** Decodes an event once for all readers with filters, which reach a position at about the same time. */
  decode({ type, data, topics, cursor: id }: LogEntry): EventOf<any> {
    let event = this.#decoded.get(id)
    if (event === undefined) {
      event = { type, data: decodePayload(typeToSend(this.lookup, type), type, data, id), topics, id }
      if (this.#decoded.size === MAX_DECODED) this.#decoded.clear()
      this.#decoded.set(id, event)
    }
    return event
  }

  onReaderClosed(reader: ReaderOutput): void {
    const { client = '' } = reader.options
    if (this.#clients.get(client) === reader) this.#clients.delete(client)
    this.readers.delete(reader.stream)
    this.#keeper?.onUse()
    this.#fanOut.leave(reader.group)
  }

  onBatch(entries: readonly LogEntry[], before: Cursor | undefined): void {
    const { end } = this.live
    if (end) this.#pipes.stop()
    if (before === undefined) return
    this.latest.add(entries, before)
    if (!this.#fanOut.deliver(entries, before)) this.#complete = false
    if (end) {
      for (const reader of this.readers.values()) reader.flush()
      this.#fanOut.eachLive((reader) => finish(reader.stream, end))
    }
    // After the readers: a client that joins in a listener of a fold is at the head.
    this.folds.receive(entries, before)
    this.folds.callWaiting()
    this.#untilReminder -= entries.length
    if (this.#untilReminder <= 0 && !this.#complete) this.#remind()
  }

  onLost(head: Cursor | undefined): void {
    this.folds.lose()
    for (const reader of this.readers.values()) reader.lose(head)
  }

  onError(error: EventwireError): void {
    this.#failures.report(error)
  }

  /** Stops following the log. */
  stop(): void {
    this.folds.stop()
    this.live.stop()
  }

  /** Sends each reader its position after half the depth of the log, so that the cursor of a client with few events is not trimmed. */
  #remind(): void {
    this.#untilReminder = UNKNOWN_DEPTH
    this.#complete = true
    this.live.read(undefined, 0, (page) => {
      const [oldest, newest] = [fromCursor(page.oldest)!.sequence, fromCursor(page.newest)!.sequence]
      this.#untilReminder = Math.max(1, Math.floor((newest - oldest) / 4))
      this.#fanOut.eachLive((reader) => reader.remind(oldest + (newest - oldest) / 2))
    })
  }
}
