import type { TypeLookup } from '../../shared/events/define-events.ts'
import type { EventOf } from '../../shared/events/event-map.ts'
import { notify } from '../../shared/observe.ts'
import { isThenable } from '../../shared/thenable.ts'
import type { GapReason } from '../../shared/wire/gap.ts'
import type { Cursor, LogEntry } from '../log/event-log.ts'
import type { HeadWaiter, LiveLog } from '../log/live-log.ts'
import type { LivePage } from '../log/live-page.ts'
import { deliver, fail, isOpen, settings } from '../stream/internal.ts'
import type { Stream } from '../stream/stream.ts'
import { Acknowledgements } from './acknowledgements.ts'
import { cursorFrame } from './control-frames.ts'
import type { Group } from './fan-out.ts'
import type { Folds } from './folds.ts'
import type { LatestValues } from './latest-values.ts'
import type { Channel, ReaderOptions } from './types.ts'

/** The part of a channel that all of its readers share. */
export interface ReaderSource {
  readonly channel: Channel<any, unknown>
  readonly live: LiveLog
  readonly folds: Folds
  /** The newest entry of each key. */
  readonly latest: LatestValues
  /** The event map that the channel was given. */
  readonly eventTypes: TypeLookup | undefined
  /** An entry as a filter sees it. */
  decode(entry: LogEntry): EventOf<any>
  /** Called when the stream of a reader has closed. */
  onReaderClosed(reader: ReaderOutput): void
}

/** The writes of a reader: which entries its client receives, the position that it knows, and how long a write has to wait. */
export abstract class ReaderOutput implements HeadWaiter {
  readonly source: ReaderSource
  readonly stream: Stream
  readonly group: Group
  readonly options: ReaderOptions<any>
  /** The position that its client knows. */
  clientCursor: Cursor = ''
  /** The fan-out feeds live readers; busy readers wait for a page or their snapshot. */
  state: 'beginning' | 'behind' | 'busy' | 'live' = 'beginning'
  /** The writes that the client has not confirmed, if it has to confirm them. */
  readonly unconfirmed: Acknowledgements | undefined
  /** The time of the last write, for readers with a pace. */
  #wroteAt: number | undefined

  constructor(source: ReaderSource, stream: Stream, group: Group, options: ReaderOptions<any>) {
    this.source = source
    this.stream = stream
    this.group = group
    this.options = options
    const { maxLag } = options
    if (maxLag !== undefined) this.unconfirmed = new Acknowledgements(maxLag, () => this.resume())
  }

  /** Reads pages until backpressure. Called when the transport accepts bytes again, or when the head has moved. */
  abstract resume(): void

  /** The log no longer has the entries after the position. */
  abstract onGap(page: LivePage, reason: GapReason): void

  /** The reader has reached the head, where the fan-out feeds it. */
  abstract onHead(): void

  /** @returns whether the reader has to wait before it writes; it is resumed later. */
  waits(): boolean {
    const { pace } = this.group
    if (pace === undefined || pace.isDue(this.#wroteAt)) return this.unconfirmed?.mustWait() ?? false
    pace.wait(this)
    return true
  }

  /** Whether the client receives an entry. */
  wants(entry: LogEntry): boolean {
    return this.group.wants(entry) !== false && this.passes(entry)
  }

  passes(entry: LogEntry): boolean {
    const { filter } = this.options
    if (filter === undefined) return true
    if (!isOpen(this.stream)) return false
    try {
      return filter(this.source.decode(entry))
    } catch (error) {
      fail(this.stream, error)
      return false
    }
  }

  /** Writes to the stream. The sink may drain during the write, before the reader has its next state. */
  send(bytes: Uint8Array, events: number, cursor: Cursor): void {
    const before = this.state
    this.clientCursor = cursor
    if (events > 0) {
      if (this.group.pace !== undefined) this.#wroteAt = this.group.pace.now
      this.unconfirmed?.wrote(cursor)
    }
    if (before !== 'live') {
      this.state = 'busy'
      if (events > 0) this.notify('events.replayed', { events })
    }
    deliver(this.stream, bytes, events)
    this.state = before
  }

  notify(name: string, message: object): void {
    notify?.(name, { channel: this.source.channel, stream: this.stream, ...message })
  }

  /** Writes entries as one piece. */
  sendEntries(entries: readonly LogEntry[]): void {
    this.send(this.group.join(entries), entries.length, entries.at(-1)!.cursor)
  }

  /** Whether to send a cursor block. Some clients take a block without data for an event: with comments it is sent only if needed. */
  sendsCursor(live: boolean): boolean {
    return settings(this.stream).controls === 'events' || (live && this.options.from !== 'start')
  }

  /** Begins to read behind a position. */
  beginAt(cursor: Cursor, live: boolean): void {
    this.state = 'behind'
    if (this.sendsCursor(live)) this.send(cursorFrame(cursor, settings(this.stream).controls), 0, cursor)
  }

  /** Reads a page, unless the stream closes before it comes. */
  read(after: Cursor | undefined, limit: number, use: (page: LivePage, later: boolean) => void): void {
    const before = this.state
    const later = this.source.live.read(
      after,
      limit,
      (page, later) => {
        if (later) this.state = before
        if (!later || isOpen(this.stream)) use(page, later)
      },
      (error) => fail(this.stream, error),
    )
    if (later) this.state = 'busy'
  }

  /** Calls user code and continues when it has finished, unless the stream has closed. */
  run(call: () => unknown, done: () => void): void {
    this.state = 'busy'
    const finished = () => {
      if (isOpen(this.stream)) done()
    }
    const failed = (error: unknown) => fail(this.stream, error)
    try {
      const sent = call()
      if (isThenable(sent)) Promise.resolve(sent).then(finished, failed)
      else finished()
    } catch (error) {
      failed(error)
    }
  }
}
