import type { TypeLookup } from '../../shared/events/define-events.ts'
import { isThenable } from '../../shared/thenable.ts'
import type { GapReason } from '../../shared/wire/gap.ts'
import { type Cursor, fromCursor, isAhead, type LogEntry, toCursor } from '../log/event-log.ts'
import type { HeadWaiter, LiveLog, LivePage } from '../log/live-log.ts'
import { awaitRoom, deliver, fail, hasRoom, isOpen, settings } from '../stream/internal.ts'
import type { CursorProducer, Producer } from '../stream/producer.ts'
import type { Stream } from '../stream/stream.ts'
import { cursorFrame, gapFrame } from './control-frames.ts'
import type { Group } from './fan-out.ts'
import type { PublishedEvent, ReaderOptions, SubscribeResult } from './types.ts'

/** Characters of payloads after which a page is written in parts. */
const MAX_WRITE = 65_536
const PAGE_LENGTH = 128

/** The part of a channel that all of its readers share. */
export interface ReaderSource {
  readonly live: LiveLog
  /** The event map that the channel was given. */
  readonly eventTypes: TypeLookup | undefined
  /** An entry as a filter sees it. */
  readonly decode: (entry: LogEntry) => PublishedEvent<any>
  /** Called when the stream of a reader has closed. */
  readonly onReaderClosed: (stream: Stream, group: Group) => void
}

/** One stream's cursor over the log: live at the head, or behind and reading pages as its client takes them. */
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
  /** Live readers are fed by the fan-out; busy ones wait for a page or their snapshot. */
  #state: 'beginning' | 'behind' | 'busy' | 'live' = 'beginning'

  constructor(source: ReaderSource, stream: Stream, group: Group, options: ReaderOptions<any>) {
    this.#source = source
    this.#stream = stream
    this.#group = group
    this.#options = options
  }

  /** Finds the first position: the client's cursor, or where the options say. */
  begin(): Promise<SubscribeResult> {
    const begun = new Promise<SubscribeResult>((resolve) => {
      this.#onBegun = resolve
    })
    const { lastEventId } = this.#stream
    const { from = 'now' } = this.#options
    this.#clientCursor = lastEventId
    const cursor = lastEventId || from
    if (lastEventId === '' && (from === 'now' || from === 'start'))
      this.#read(undefined, 0, (page) => this.#start(page))
    else this.#read(cursor, PAGE_LENGTH, (page) => this.#begin(cursor, page))
    return begun
  }

  /** Live entries, joined for all readers of the group; `before` is the position before them. */
  receive(bytes: Uint8Array, count: number, last: Cursor, before: Cursor): void {
    if (this.#stream[hasRoom]) {
      this.#clientCursor = last
      this.#stream[deliver](bytes, count)
    } else this.#fallBehind(before)
  }

  /** Live entries for a reader with a filter. */
  receiveFiltered(entries: readonly LogEntry[], before: Cursor): void {
    const wanted = entries.filter((entry) => this.#passes(entry))
    if (wanted.length > 0) this.receive(this.#group.join(wanted), wanted.length, wanted.at(-1)!.cursor, before)
  }

  get eventTypes(): TypeLookup | undefined {
    return this.#source.eventTypes
  }

  get filtered(): boolean {
    return this.#options.filter !== undefined
  }

  /** Nothing follows in the log. */
  end(): void {
    this.#stream.close({ final: true })
  }

  /** Entries after `head` may have been missed: reads them from the log. */
  lose(head: Cursor | undefined): void {
    if (this.#state === 'live' && head !== undefined) this.#fallBehind(head)
    this.resume()
  }

  /** Reads pages for as long as its client takes them: the transport takes bytes again, or the head has moved. */
  resume(): void {
    while (this.#state === 'behind' && this.#stream[isOpen]) {
      if (!this.#stream[hasRoom]) {
        this.#stream[awaitRoom]()
        return
      }
      if (this.#sendFrames()) continue
      let continues = false
      this.#read(this.#cursor, PAGE_LENGTH, (page, later) => {
        continues = this.#take(page)
        if (later && continues) this.resume()
      })
      if (!continues) return
    }
  }

  /** A replay without a filter is bytes of the log, written as they are. @returns whether there were any entries. */
  #sendFrames(): boolean {
    if (this.filtered) return false
    const frames = this.#source.live.frames(this.#cursor, MAX_WRITE, this.#group.wants)
    if (frames === undefined) return false
    this.#cursor = frames.next
    if (frames.count === 0) return true
    this.#clientCursor = frames.last
    this.#stream[deliver](frames.bytes, frames.count)
    return true
  }

  closed(): void {
    this.#group.live.delete(this)
    this.#source.live.stopWaiting(this)
    this.#onBegun({ status: 'closed', from: this.#cursor })
    this.#source.onReaderClosed(this.#stream, this.#group)
  }

  /** The reader's position, where entries that were not for its client have moved it. */
  idle(): Uint8Array | undefined {
    if (this.#state !== 'live' && this.#state !== 'behind') return undefined
    const cursor = this.#state === 'live' ? this.#source.live.head! : this.#cursor
    if (cursor === this.#clientCursor) return undefined
    this.#clientCursor = cursor
    return cursorFrame(cursor, this.#stream[settings].controls)
  }

  /** Sends the position when the client's is older than this. */
  remind(oldest: number): void {
    const known = fromCursor(this.#clientCursor)
    if (!this.#stream[hasRoom] || (known !== undefined && known.sequence >= oldest)) return
    const frame = this.idle()
    if (frame !== undefined) this.#stream[deliver](frame, 0)
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

  /** Positions count from 0: behind a later one a client that asks for the start would miss what was trimmed. */
  #start(page: LivePage): void {
    const fromStart = this.#options.from === 'start'
    if (fromStart && fromCursor(page.oldest)!.sequence > 0) {
      this.#miss({ ...page, next: page.oldest }, 'trimmed')
      return
    }
    this.#cursor = fromStart ? page.oldest : page.newest
    this.#onBegun({ status: 'fresh', from: this.#cursor })
    if (this.#options.snapshot === undefined) this.#enter()
    else this.#sendSnapshot()
  }

  #enter(): void {
    this.#beginAt(this.#cursor, true)
    this.#continue()
  }

  /** Reads on. At the head of a log that has ended, only the entry before the position shows the end. */
  #continue(): void {
    const { epoch, sequence } = fromCursor(this.#cursor)!
    if (sequence === 0) this.resume()
    else
      this.#read(toCursor(epoch, sequence - 1), 1, ({ end }) => {
        if (end) this.end()
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
    let size = 0
    for (const entry of entries) {
      if (size >= MAX_WRITE) break
      this.#cursor = entry.cursor
      if (!this.#group.wants(entry) || !this.#passes(entry)) continue
      wanted.push(entry)
      size += entry.data.length
    }
    if (wanted.length > 0 && this.#stream[isOpen]) {
      this.#clientCursor = wanted.at(-1)!.cursor
      this.#stream[deliver](this.#group.join(wanted), wanted.length)
    }
    if (end && size < MAX_WRITE) this.end()
    return this.#stream[isOpen]
  }

  /** The step from replay to live: synchronous, so that nothing falls between. */
  #goLive(): boolean {
    const { live } = this.#source
    live.flush()
    if (live.head === this.#cursor) {
      if (live.ended) this.end()
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
    this.#stream[awaitRoom]()
  }

  /** Reports the gap before anything newer, then reads on behind it. */
  #miss({ oldest, newest, next }: LivePage, reason: GapReason): void {
    const snapshot = this.#options.snapshot !== undefined
    const { controls, onGap } = this.#stream[settings]
    const block = this.#sendsCursor(true)
    this.#cursor = snapshot ? newest : next
    this.#onBegun({ status: 'gap', reason, from: this.#cursor })
    this.#state = 'busy'
    this.#stream[deliver](gapFrame(reason, oldest, snapshot ? undefined : next, controls, block), 0)
    if (!snapshot && block) this.#clientCursor = next
    this.#run(
      () => onGap?.(this.#stream as never, { reason, oldest }),
      () => {
        if (snapshot) {
          this.#sendSnapshot()
          return
        }
        this.#state = 'behind'
        if (next === newest) this.#continue()
        else this.resume()
      },
    )
  }

  /** The cursor was taken before, so what happens meanwhile comes afterwards. */
  #sendSnapshot(): void {
    this.#run(
      () => this.#options.snapshot!(this.#stream as never),
      () => this.#enter(),
    )
  }

  /** Calls user code, and goes on when that has finished, unless the stream has closed. */
  #run(call: () => unknown, done: () => void): void {
    this.#state = 'busy'
    const finished = () => {
      if (this.#stream[isOpen]) done()
    }
    const failed = (error: unknown) => this.#stream[fail](error)
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
    if (this.#sendsCursor(live)) {
      this.#clientCursor = cursor
      // Delivering may drain the sink at once, and what follows is not decided yet.
      this.#state = 'busy'
      this.#stream[deliver](cursorFrame(cursor, this.#stream[settings].controls), 0)
    }
    this.#state = 'behind'
  }

  /** Some clients that read comments only take a block without data for an event: it is sent where a cursor would be lost. */
  #sendsCursor(live: boolean): boolean {
    return this.#stream[settings].controls === 'events' || (live && this.#options.from !== 'start')
  }

  #passes(entry: LogEntry): boolean {
    const { filter } = this.#options
    if (filter === undefined) return true
    if (!this.#stream[isOpen]) return false
    try {
      return filter(this.#source.decode(entry))
    } catch (error) {
      this.#stream[fail](error)
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
        if (!later || this.#stream[isOpen]) use(page, later)
      },
      (error) => this.#stream[fail](error),
    )
    if (later) this.#state = 'busy'
  }
}
