import type { FindType } from '../../shared/events/define-events.ts'
import { isThenable } from '../../shared/thenable.ts'
import { END_EVENT } from '../../shared/wire/names.ts'
import {
  type Cursor,
  type EventLog,
  fromCursor,
  isAhead,
  joinFrames,
  type LogEntry,
  type Page,
  toCursor,
} from '../log/event-log.ts'
import type { Stream, StreamReader } from '../stream/stream.ts'
import { cursorFrame, gapFrame } from './control-frames.ts'
import type { Group } from './groups.ts'
import type { GapReason, PublishedEvent, ReaderOptions, Resumption } from './types.ts'

/** A reader is written to while less than this waits for its client; all else waits in the log. */
const MUCH = 65_536
const PAGE = 128

/** What a reader asks of its channel. */
export interface Home {
  readonly log: EventLog
  /** The event map that it was given. */
  readonly givenMap: FindType | undefined
  /** The position up to which live entries have been handed out; unknown until a remote log has told. */
  readonly head: Cursor | undefined
  /** The log takes nothing more. */
  readonly ended: boolean
  /** Hands out the entries of this tick. */
  flush(): void
  /** Calls `catchUp()` when the head moves. */
  waitForHead(reader: Reader): void
  /** The event as a filter sees it. */
  published(entry: LogEntry): PublishedEvent<any>
  logFailed(cause: unknown): Error
  left(reader: Reader): void
}

/** One stream's cursor over the log: live at the head, or behind and reading pages as its client takes them. */
export class Reader implements StreamReader {
  readonly stream: Stream
  /** Set by the channel before it begins. */
  group!: Group
  readonly #home: Home
  readonly #options: ReaderOptions<any>
  readonly #onBegun: (resumption: Resumption) => void
  /** Where it reads on while it is behind. */
  #cursor: Cursor = ''
  /** The position that its client knows. */
  #told: Cursor = ''
  /** Live readers are fed by the channel; busy ones wait for a page or their snapshot. */
  #state: 'beginning' | 'behind' | 'busy' | 'live' = 'beginning'

  constructor(home: Home, stream: Stream, options: ReaderOptions<any>, onBegun: (resumption: Resumption) => void) {
    this.#home = home
    this.stream = stream
    this.#options = options
    this.#onBegun = onBegun
  }

  /** Finds the first position: the client's cursor, or where the options say. */
  begin(): void {
    const { lastEventId } = this.stream
    const { from = 'now' } = this.#options
    if (lastEventId !== '') this.#read(lastEventId, PAGE, (page) => this.#resume(lastEventId, page))
    else if (from !== 'now' && from !== 'start') this.#read(from, PAGE, (page) => this.#resume(from, page))
    else this.#read(undefined, 0, (page) => this.#start(page, from === 'start'))
  }

  /** The client takes bytes again, or the head has moved. */
  catchUp(): void {
    while (this.#state === 'behind' && this.stream.open) {
      if (this.stream.sink.buffered > MUCH) {
        this.stream.sink.awaitDrain()
        return
      }
      let goOn = false
      this.#read(this.#cursor, PAGE, (page, later) => {
        goOn = this.#take(page)
        if (later && goOn) this.catchUp()
      })
      if (!goOn) return
    }
  }

  /** Live entries, joined for all readers of the group; `from` is the position before them. */
  receive(bytes: Uint8Array, count: number, last: Cursor, from: Cursor): void {
    if (this.stream.sink.buffered > MUCH) {
      this.#fallBehind(from)
    } else {
      this.#told = last
      this.stream.deliver(bytes, count)
    }
  }

  /** Live entries for a reader with a filter. */
  receiveFiltered(entries: readonly LogEntry[], from: Cursor): void {
    const wanted = entries.filter((entry) => this.#passes(entry))
    if (wanted.length > 0) this.receive(joinFrames(wanted), wanted.length, wanted.at(-1)!.cursor, from)
  }

  get find(): FindType | undefined {
    return this.#home.givenMap
  }

  get filtered(): boolean {
    return this.#options.filter !== undefined
  }

  /** The log ends here. */
  end(): void {
    this.stream.close({ final: true })
  }

  /** The log does not know what it has missed: read on from where everything was handed out. */
  lose(from: Cursor): void {
    if (this.#state === 'live') this.#fallBehind(from)
  }

  drained(): void {
    this.catchUp()
  }

  closed(): void {
    this.group.live.delete(this)
    this.#onBegun({ status: 'closed', from: this.#cursor })
    this.#home.left(this)
  }

  /** Instead of a heartbeat: filtered-out events have moved the position on. */
  beat(): Uint8Array | undefined {
    if (this.#state !== 'live' && this.#state !== 'behind') return undefined
    const position = this.#position
    if (position === this.#told) return undefined
    this.#told = position
    return cursorFrame(position)
  }

  /** Tells the position when the client's is older than this. */
  remind(oldest: number): void {
    const told = fromCursor(this.#told)
    if (this.#state !== 'live' || this.stream.sink.buffered > MUCH || (told !== undefined && told.sequence >= oldest))
      return
    const frame = this.beat()
    if (frame !== undefined) this.stream.deliver(frame, 0)
  }

  get #position(): Cursor {
    return this.#state === 'live' ? this.#home.head! : this.#cursor
  }

  #resume(cursor: Cursor, page: Page): void {
    if (page.status === 'gap') {
      if (this.#missed(page, page.reason!)) this.catchUp()
      return
    }
    this.#onBegun({ status: 'resumed', from: cursor })
    this.#tell(cursor)
    if (this.#take(page)) this.catchUp()
  }

  /** Positions count from 0: behind a later one a client that asks for the start would miss what was trimmed. */
  #start(page: Page, fromStart: boolean): void {
    const { oldest, newest } = page
    if (!fromStart || fromCursor(oldest)!.sequence === 0) this.#beginAfresh(fromStart ? oldest : newest)
    else if (this.#missed({ ...page, next: oldest }, 'trimmed')) this.catchUp()
  }

  #beginAfresh(cursor: Cursor): void {
    this.#onBegun({ status: 'fresh', from: cursor })
    this.#cursor = cursor
    if (this.#options.snapshot !== undefined) {
      this.#takeSnapshot()
      return
    }
    this.#enter(cursor)
  }

  #enter(cursor: Cursor): void {
    this.#tell(cursor)
    this.#readOn(cursor)
  }

  /** Who reads on at the head of a log that has ended is told that. */
  #readOn(cursor: Cursor): void {
    const { epoch, sequence } = fromCursor(cursor)!
    if (sequence === 0) {
      this.catchUp()
      return
    }
    this.#read(toCursor(epoch, sequence - 1), 1, ({ entries }) => {
      if (entries[0]?.type === END_EVENT) this.end()
      else this.catchUp()
    })
  }

  /** @returns whether to read on at once. */
  #take(page: Page): boolean {
    if (page.status === 'gap') return this.#missed(page, page.reason === 'trimmed' ? 'slow' : page.reason!)
    if (page.entries.length === 0) return !this.#goLive()
    const wanted: LogEntry[] = []
    let size = 0
    for (const entry of page.entries) {
      this.#cursor = entry.cursor
      if (entry.type === END_EVENT) {
        this.#send(wanted)
        this.end()
        return false
      }
      if (!this.group.wants(entry) || !this.#passes(entry)) continue
      wanted.push(entry)
      size += entry.data.length
      if (size >= MUCH) break
    }
    this.#send(wanted)
    return this.stream.open
  }

  #send(entries: readonly LogEntry[]): void {
    if (entries.length === 0 || !this.stream.open) return
    this.#told = entries.at(-1)!.cursor
    this.stream.deliver(joinFrames(entries), entries.length)
  }

  /** The step from replay to live: synchronous, so that nothing falls between. */
  #goLive(): boolean {
    const home = this.#home
    home.flush()
    if (home.head === this.#cursor) {
      if (home.ended) {
        this.end()
        return true
      }
      this.#state = 'live'
      this.group.live.add(this)
      return true
    }
    if (home.head === undefined || isAhead(this.#cursor, home.head)) {
      home.waitForHead(this)
      return true
    }
    return false
  }

  #fallBehind(from: Cursor): void {
    this.#state = 'behind'
    this.#cursor = from
    this.group.live.delete(this)
    this.stream.sink.awaitDrain()
  }

  /** Tells the gap before anything newer. @returns whether to read on at once. */
  #missed({ oldest, newest, next }: Page, reason: GapReason): boolean {
    const snapshot = this.#options.snapshot !== undefined
    this.#cursor = snapshot ? newest : next
    this.#onBegun({ status: 'gap', reason, from: this.#cursor })
    this.#state = 'busy'
    this.stream.deliver(gapFrame(reason, oldest, snapshot ? undefined : next), 0)
    if (snapshot) {
      this.#takeSnapshot()
      return false
    }
    this.#told = next
    this.#state = 'behind'
    if (next !== newest) return true
    this.#readOn(next)
    return false
  }

  /** The cursor was taken before, so what happens meanwhile comes afterwards. */
  #takeSnapshot(): void {
    this.#state = 'busy'
    const ready = () => {
      if (this.stream.open) this.#enter(this.#cursor)
    }
    try {
      const answer = this.#options.snapshot!(this.stream as never)
      if (isThenable(answer)) Promise.resolve(answer).then(ready, (error) => this.stream.fail(error))
      else ready()
    } catch (error) {
      this.stream.fail(error)
    }
  }

  #tell(cursor: Cursor): void {
    this.#cursor = cursor
    this.#told = cursor
    // Delivering may drain the sink at once, and what follows is not decided yet.
    this.#state = 'busy'
    this.stream.deliver(cursorFrame(cursor), 0)
    this.#state = 'behind'
  }

  #passes(entry: LogEntry): boolean {
    const { filter } = this.#options
    if (filter === undefined) return true
    if (!this.stream.open) return false
    try {
      return filter(this.#home.published(entry))
    } catch (error) {
      this.stream.fail(error)
      return false
    }
  }

  #read(after: Cursor | undefined, limit: number, use: (page: Page, later: boolean) => void): void {
    const fail = (cause: unknown) => this.stream.fail(this.#home.logFailed(cause))
    let answer: Page | PromiseLike<Page>
    try {
      answer = this.#home.log.read(after, limit)
    } catch (cause) {
      fail(cause)
      return
    }
    if (!isThenable(answer)) {
      use(answer, false)
      return
    }
    const before = this.#state
    this.#state = 'busy'
    Promise.resolve(answer).then((page) => {
      this.#state = before
      if (this.stream.open) use(page, true)
    }, fail)
  }
}
