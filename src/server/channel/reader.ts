import type { TypeLookup } from '../../shared/events/define-events.ts'
import type { EventOf } from '../../shared/events/event-map.ts'
import { isThenable } from '../../shared/thenable.ts'
import type { GapReason } from '../../shared/wire/gap.ts'
import { type Cursor, fromCursor, isAhead, type LogEntry, toCursor } from '../log/event-log.ts'
import type { HeadWaiter, LiveLog, LivePage } from '../log/live-log.ts'
import { awaitRoom, deliver, fail, finish, hasRoom, isOpen, settings } from '../stream/internal.ts'
import type { CursorProducer, Producer } from '../stream/producer.ts'
import type { Stream } from '../stream/stream.ts'
import { Acknowledgements } from './acknowledgements.ts'
import { Conflation, scan } from './conflation.ts'
import { cursorFrame, gapFrame } from './control-frames.ts'
import type { Group } from './fan-out.ts'
import type { Folds } from './folds.ts'
import { LatestValues } from './latest-values.ts'
import type { ReaderOptions, SubscribeResult } from './types.ts'

/** Characters of payloads after which a page is written in parts. */
const MAX_WRITE = 65_536
const PAGE_LENGTH = 128

/** The part of a channel that all of its readers share. */
export interface ReaderSource {
  readonly live: LiveLog
  readonly folds: Folds
  /** The newest entry of each key. */
  readonly latest: LatestValues
  /** The event map that the channel was given. */
  readonly eventTypes: TypeLookup | undefined
  /** An entry as a filter sees it. */
  readonly decode: (entry: LogEntry) => EventOf<any>
  /** Called when the stream of a reader has closed. */
  readonly onReaderClosed: (stream: Stream, group: Group) => void
}

/** The cursor of one stream over the log: live at the head, or behind and reading pages as fast as its client receives them. */
export class Reader implements CursorProducer, HeadWaiter {
  next: Producer | undefined
  readonly #source: ReaderSource
  readonly #stream: Stream
  readonly #group: Group
  readonly #options: ReaderOptions<any>
  #onBegun!: (resumption: SubscribeResult) => void
  /** The position after which it reads while it is behind. */
  #cursor: Cursor = ''
  /** The position that its client knows. */
  #clientCursor: Cursor = ''
  /** Present values to send before the events behind the cursor, and the position of the last value sent. */
  #values: LatestValues | undefined
  #valuesSentTo = 0
  /** The round in which it skips superseded entries. */
  #round: Conflation | undefined
  /** The writes that the client has not confirmed, if it has to confirm them. */
  readonly #unconfirmed: Acknowledgements | undefined
  /** The time of the last write, for readers with a pace. */
  #wroteAt = -Infinity
  /** Whether entries may have been lost since a page was requested, which would not contain them. */
  #mayHaveMissed = false
  /** The fan-out feeds live readers; busy readers wait for a page or their snapshot. */
  #state: 'beginning' | 'behind' | 'busy' | 'live' = 'beginning'

  constructor(source: ReaderSource, stream: Stream, group: Group, options: ReaderOptions<any>) {
    this.#source = source
    this.#stream = stream
    this.#group = group
    this.#options = options
    const { maxLag } = options
    if (maxLag !== undefined) this.#unconfirmed = new Acknowledgements(maxLag, () => this.resume())
  }

  /** Finds the first position: the cursor of the client, or the position of the option `from`. */
  begin(): Promise<SubscribeResult> {
    const begun = new Promise<SubscribeResult>((resolve) => {
      this.#onBegun = resolve
    })
    const { lastEventId } = this.#stream
    const { from = 'now' } = this.#options
    this.#clientCursor = lastEventId
    const cursor = lastEventId || from
    if (lastEventId === '' && (from === 'now' || from === 'start' || from === 'latest'))
      this.#read(undefined, 0, (page) => this.#start(page))
    else this.#read(cursor, PAGE_LENGTH, (page) => this.#begin(cursor, page))
    return begun
  }

  /** Takes live entries, joined for all readers of the group; `before` is the position before them. */
  receive(bytes: Uint8Array, count: number, last: Cursor, before: Cursor): void {
    if (!hasRoom(this.#stream)) {
      this.#fallBehind(before)
      awaitRoom(this.#stream)
    } else if (this.#group.pace?.isDue(this.#wroteAt) === false) this.#catchUpLater(before)
    else if (this.#unconfirmed?.mustWait()) this.#fallBehind(before)
    else {
      this.#clientCursor = last
      this.#send(bytes, count)
    }
  }

  /** Takes live entries for a reader with a filter. */
  receiveFiltered(entries: readonly LogEntry[], before: Cursor): void {
    if (this.#group.pace !== undefined) {
      // Only an entry that passes the filter supersedes another, so the reader makes a round of its own.
      this.#catchUpLater(before)
      return
    }
    const wanted = entries.filter((entry) => this.#passes(entry))
    if (wanted.length > 0) this.receive(this.#group.join(wanted), wanted.length, wanted.at(-1)!.cursor, before)
  }

  get eventTypes(): TypeLookup | undefined {
    return this.#source.eventTypes
  }

  get client(): string | undefined {
    return this.#options.client
  }

  get isLive(): boolean {
    return this.#state === 'live'
  }

  get filtered(): boolean {
    return this.#options.filter !== undefined
  }

  /** Notes that the client has received everything up to this position. @returns whether the confirmation is new. */
  acknowledge(cursor: Cursor): boolean {
    if (isAhead(cursor, this.#clientCursor) || !this.#unconfirmed?.confirm(cursor)) return false
    this.resume()
    return true
  }

  /** Writes the entries held back. */
  flush(): void {
    this.#unconfirmed?.release()
    this.#group.pace?.flush()
    if (this.#unconfirmed !== undefined) this.resume()
  }

  /** Called when the log has ended. */
  end(data: string): void {
    finish(this.#stream, data)
  }

  /** Entries after `head` may have been missed: reads them from the log. */
  lose(head: Cursor | undefined): void {
    const position = this.#group.pace?.before ?? head
    if (this.#state === 'live' && position !== undefined) this.#fallBehind(position)
    else this.#mayHaveMissed = true
    this.resume()
  }

  /** Reads pages until backpressure. Called when the transport accepts bytes again, or when the head has moved. */
  resume(): void {
    while (this.#state === 'behind' && isOpen(this.#stream)) {
      if (!hasRoom(this.#stream)) {
        awaitRoom(this.#stream)
        return
      }
      if (this.#values !== undefined) {
        this.#sendValues(this.#values)
        continue
      }
      if (this.#round === undefined) {
        if (this.#waits()) return
        if (this.#sendFrames()) continue
      }
      let continues = false
      this.#read(this.#cursor, PAGE_LENGTH, (page, later) => {
        continues = this.#take(page)
        if (later && continues) this.resume()
      })
      if (!continues) return
    }
  }

  /** Replays without a filter: writes frames of the log unchanged. @returns whether there were any entries. */
  #sendFrames(): boolean {
    if (this.filtered || this.#group.pace !== undefined) return false
    let isKeyed = false
    const frames = this.#source.live.frames(this.#cursor, MAX_WRITE, (entry) => {
      isKeyed ||= entry.key !== undefined
      return this.#group.wants(entry)
    })
    if (frames === undefined || isKeyed) return false
    this.#cursor = frames.next
    if (frames.count === 0) return true
    this.#clientCursor = frames.last
    this.#send(frames.bytes, frames.count)
    return true
  }

  closed(): void {
    this.#group.live.delete(this)
    this.#group.pace?.leave(this)
    this.#unconfirmed?.stop()
    this.#source.live.stopWaiting(this)
    this.#onBegun({ status: 'closed', from: this.#cursor })
    this.#source.onReaderClosed(this.#stream, this.#group)
  }

  /** The frame with the position of the reader, if entries that its client does not receive have moved it. */
  idle(): Uint8Array | undefined {
    if ((this.#state !== 'live' && this.#state !== 'behind') || this.#values !== undefined) return undefined
    const cursor = this.#state === 'live' ? (this.#group.pace?.before ?? this.#source.live.head!) : this.#cursor
    if (cursor === this.#clientCursor) return undefined
    this.#clientCursor = cursor
    return cursorFrame(cursor, settings(this.#stream).controls)
  }

  /** Sends the position when that of the client is older than this. */
  remind(oldest: number): void {
    const known = fromCursor(this.#clientCursor)
    if (!hasRoom(this.#stream) || (known !== undefined && known.sequence >= oldest)) return
    const frame = this.idle()
    if (frame !== undefined) deliver(this.#stream, frame, 0)
  }

  #begin(cursor: Cursor, page: LivePage): void {
    if (page.status === 'gap') {
      this.#miss(page, page.reason!)
      return
    }
    this.#onBegun({ status: 'resumed', from: cursor })
    this.#beginAt(cursor, false)
    if (this.#take(page)) this.resume()
  }

  /** Begins at the first event. Positions count from 0: a log that begins later was trimmed, which is a gap. */
  #start(page: LivePage): void {
    if (this.#options.from === 'latest') {
      this.#findLatest((isIncomplete) => {
        const from = this.#cursor
        this.#onBegun(isIncomplete ? { status: 'gap', reason: 'trimmed', from } : { status: 'fresh', from })
        if (isIncomplete) this.#reportGap('trimmed', page.oldest, undefined, () => this.#sendState())
        else this.#sendState()
      })
      return
    }
    const fromStart = this.#options.from === 'start'
    if (fromStart && fromCursor(page.oldest)!.sequence > 0) {
      this.#miss({ ...page, next: page.oldest }, 'trimmed')
      return
    }
    this.#cursor = fromStart ? page.oldest : page.newest
    if (!fromStart && this.#options.snapshot !== undefined) this.#sendSnapshot({ status: 'fresh' })
    else {
      this.#onBegun({ status: 'fresh', from: this.#cursor })
      this.#sendState()
    }
  }

  /** Finds the newest entry of each key, to send them before later events. */
  #findLatest(found: (isIncomplete: boolean) => void): void {
    this.#state = 'busy'
    const { live, latest } = this.#source
    const wants = (entry: LogEntry) => this.#group.wants(entry) && this.#passes(entry)
    const values = this.filtered ? new LatestValues(live, wants) : latest
    const done = () => {
      if (!isOpen(this.#stream)) return
      this.#values = values
      this.#valuesSentTo = 0
      this.#cursor = values.head!
      found(values.isIncomplete)
    }
    values.catchUp({ done, fail: (error) => fail(this.#stream, error) })
  }

  /** Sends the next of the present values. After the last one, continues with the log. */
  #sendValues(values: LatestValues): void {
    const upTo = fromCursor(this.#cursor)!.sequence
    const wants = values === this.#source.latest ? this.#group.wants : () => true
    const found = values.between(this.#valuesSentTo, upTo, wants, MAX_WRITE)
    if (found.length === 0) {
      this.#values = undefined
      this.#enter()
      return
    }
    this.#valuesSentTo = found.at(-1)!.sequence
    this.#clientCursor = found.at(-1)!.entry.cursor
    this.#send(this.#group.join(found.map(({ entry }) => entry)), found.length)
  }

  #sendState(): void {
    if (this.#options.snapshot === undefined) this.#enter()
    else this.#sendSnapshot()
  }

  #enter(): void {
    if (this.#values !== undefined) {
      this.#state = 'behind'
      this.resume()
      return
    }
    this.#beginAt(this.#cursor, true)
    this.#continue()
  }

  /** Continues to read. At the head of a log that has ended, only the entry before the position shows the end. */
  #continue(): void {
    const { epoch, sequence } = fromCursor(this.#cursor)!
    if (sequence === 0) this.resume()
    else
      this.#read(toCursor(epoch, sequence - 1), 1, ({ end }) => {
        if (end) this.end(end)
        else this.resume()
      })
  }

  /** @returns whether to read on at once. */
  #take(page: LivePage): boolean {
    if (page.status === 'gap') {
      this.#miss(page, page.reason === 'trimmed' ? 'slow' : page.reason!)
      return false
    }
    const { entries, end } = page
    if (entries.length === 0 && !end) return !this.#goLive()
    const wanted: LogEntry[] = []
    let [size, taken] = [0, 0]
    for (const entry of entries) {
      const { cursor, key } = entry
      if (size >= MAX_WRITE || (this.#round === undefined && this.#needsRound(entry))) break
      taken++
      this.#cursor = cursor
      if (key === undefined || this.#round === undefined ? this.#wants(entry) : this.#round.has(entry)) {
        wanted.push(entry)
        size += entry.data.length
      }
      if (cursor === this.#round?.until) this.#round = undefined
    }
    if (wanted.length > 0 && isOpen(this.#stream)) {
      this.#clientCursor = wanted.at(-1)!.cursor
      this.#send(this.#group.join(wanted), wanted.length)
    }
    if (taken === entries.length) {
      if (end) this.end(end)
    } else if (size < MAX_WRITE) return !this.#waits() && this.#beginRound()
    return isOpen(this.#stream)
  }

  /** Whether an entry needs a round, which finds superseded entries before it sends any. Readers with a pace write only in rounds. */
  #needsRound({ key }: LogEntry): boolean {
    return key !== undefined || this.#group.pace !== undefined
  }

  /** @returns whether the round has begun, and with it reading on. */
  #beginRound(): boolean {
    const round = new Conflation()
    this.#state = 'busy'
    let [isBegun, isLater] = [false, false]
    scan(this.#source.live, this.#cursor, {
      onEntry: (entry) => {
        if (entry.key !== undefined && this.#wants(entry)) round.add(entry)
      },
      onEnd: (last) => {
        round.until = last
        this.#round = round
        this.#state = 'behind'
        isBegun = isOpen(this.#stream)
        if (isLater) this.resume()
      },
      onGap: (page) => isOpen(this.#stream) && this.#take(page),
      onFailure: (error) => fail(this.#stream, error),
    })
    isLater = true
    return isBegun
  }

  /** @returns whether the reader has to wait before it writes; it is resumed later. */
  #waits(): boolean {
    const { pace } = this.#group
    if (pace === undefined || pace.isDue(this.#wroteAt)) return this.#unconfirmed?.mustWait() ?? false
    pace.wait(this)
    return true
  }

  /** Changes from replay to live synchronously, so that no entry is missed in between. */
  #goLive(): boolean {
    const { live } = this.#source
    live.flush()
    if (this.#mayHaveMissed) {
      this.#mayHaveMissed = false
      return false
    }
    if (live.head === this.#cursor) {
      if (live.end) this.end(live.end)
      else if (this.#group.pace?.before !== undefined) this.#group.pace.wait(this)
      else {
        this.#state = 'live'
        this.#group.live.add(this)
      }
      return true
    }
    const waits = live.head === undefined || isAhead(this.#cursor, live.head)
    if (waits) live.waitForHead(this)
    return waits
  }

  #fallBehind(cursor: Cursor): void {
    this.#state = 'behind'
    this.#cursor = cursor
    this.#group.live.delete(this)
  }

  /** Continues to read at the next write of the group. */
  #catchUpLater(cursor: Cursor): void {
    this.#fallBehind(cursor)
    this.#group.pace!.wait(this)
  }

  /** Reports the gap before anything newer. Then continues behind it, or begins again. */
  #miss({ oldest, newest, next }: LivePage, reason: GapReason): void {
    const fromLatest = this.#options.from === 'latest'
    const anew = fromLatest || this.#options.snapshot !== undefined
    this.#round = undefined
    this.#cursor = anew ? newest : next
    const begun = { status: 'gap', reason } as const
    if (fromLatest || !anew) this.#onBegun({ ...begun, from: this.#cursor })
    this.#reportGap(reason, oldest, anew ? undefined : next, () => {
      if (fromLatest) this.#findLatest(() => this.#sendState())
      else if (anew) this.#sendSnapshot(begun)
      else {
        this.#state = 'behind'
        if (next === newest) this.#continue()
        else this.resume()
      }
    })
  }

  #reportGap(reason: GapReason, oldest: Cursor, next: Cursor | undefined, then: () => void): void {
    const { controls, onGap } = settings(this.#stream)
    const block = this.#sendsCursor(true)
    this.#state = 'busy'
    deliver(this.#stream, gapFrame(reason, oldest, next, controls, block), 0)
    if (next !== undefined && block) this.#clientCursor = next
    this.#run(() => onGap?.(this.#stream as never, { reason, oldest }), then)
  }

  /**
   * Calls the snapshot. The cursor is read before the call, so that events published meanwhile are sent afterwards. In a channel with
   * folds, the cursor is the position of their states, which the snapshot may read.
   */
  #sendSnapshot(begun?: { status: 'fresh' } | { status: 'gap'; reason: GapReason }): void {
    this.#state = 'busy'
    this.#source.folds.whenExact((position = this.#cursor) => {
      if (!isOpen(this.#stream)) return
      if (begun) {
        this.#cursor = position
        this.#onBegun({ ...begun, from: position })
      }
      this.#run(
        () => this.#options.snapshot!(this.#stream as never),
        () => this.#enter(),
      )
    })
  }

  /** Calls user code and continues when it has finished, unless the stream has closed. */
  #run(call: () => unknown, done: () => void): void {
    this.#state = 'busy'
    const finished = () => {
      if (isOpen(this.#stream)) done()
    }
    const failed = (error: unknown) => fail(this.#stream, error)
    try {
      const sent = call()
      if (isThenable(sent)) Promise.resolve(sent).then(finished, failed)
      else finished()
    } catch (error) {
      failed(error)
    }
  }

  #beginAt(cursor: Cursor, live: boolean): void {
    this.#cursor = cursor
    this.#state = 'behind'
    if (!this.#sendsCursor(live)) return
    this.#clientCursor = cursor
    this.#send(cursorFrame(cursor, settings(this.#stream).controls), 0)
  }

  /** Writes to the stream. The sink may drain during the write, before the reader has its next state. */
  #send(bytes: Uint8Array, events: number): void {
    const before = this.#state
    if (events > 0) {
      if (this.#group.pace !== undefined) this.#wroteAt = this.#group.pace.now
      this.#unconfirmed?.wrote(this.#clientCursor)
    }
    if (before !== 'live') this.#state = 'busy'
    deliver(this.#stream, bytes, events)
    this.#state = before
  }

  #wants(entry: LogEntry): boolean {
    return this.#group.wants(entry) !== false && this.#passes(entry)
  }

  /** Whether to send a cursor block. Some clients take a block without data for an event: with comments it is sent only if needed. */
  #sendsCursor(live: boolean): boolean {
    return settings(this.#stream).controls === 'events' || (live && this.#options.from !== 'start')
  }

  #passes(entry: LogEntry): boolean {
    const { filter } = this.#options
    if (filter === undefined) return true
    if (!isOpen(this.#stream)) return false
    try {
      return filter(this.#source.decode(entry))
    } catch (error) {
      fail(this.#stream, error)
      return false
    }
  }

  #read(after: Cursor | undefined, limit: number, use: (page: LivePage, later: boolean) => void): void {
    const before = this.#state
    const later = this.#source.live.read(
      after,
      limit,
      (page, later) => {
        if (later) this.#state = before
        if (!later || isOpen(this.#stream)) use(page, later)
      },
      (error) => fail(this.#stream, error),
    )
    if (later) this.#state = 'busy'
  }
}
