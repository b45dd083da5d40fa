import type { Cursor, LogEntry } from '../log/event-log.ts'
import { subjectOf } from '../log/latest.ts'
import type { LivePage } from '../log/live-page.ts'
import { fromCursor, isAhead, toCursor } from '../log/position.ts'
import { awaitRoom, fail, finish, hasRoom, isOpen } from '../stream/internal.ts'
import type { LatestValues } from './latest-values.ts'
import type { ReaderOutput } from './reader-output.ts'
import { scan } from './scan.ts'
import type { SubscribeResult } from './types.ts'

/** Characters of payloads after which a page is written in parts. */
const MAX_WRITE = 65_536
export const PAGE_LENGTH = 128

/**
 * A round of catching up. It finds the newest entry of each name and key, up to a fixed position. Without that limit, a key that
 * changes faster than a client reads would always have a newer entry, and would never be sent.
 */
interface Round {
  /** The position where the round ends. */
  readonly until: Cursor
  /** The newest position by subject. */
  readonly newest: ReadonlyMap<string, Cursor>
}

/** Reads a reader that is behind up to the head: present values first, then pages, as fast as its client receives them. */
export class CatchUp {
  readonly reader: ReaderOutput
  /** Called when it is known how the subscription begins, also again later. */
  readonly onBegun: (result: SubscribeResult) => void
  /** The position after which it reads. */
  cursor: Cursor = ''
  /** Whether entries may have been lost since a page was requested, which would not contain them. */
  mayHaveMissed = false
  /** Present values to send before the events behind the cursor. */
  values: LatestValues | undefined
  /** The position of the last value sent. */
  #valuesSentTo = 0
  /** The round in which it skips superseded entries. */
  #round: Round | undefined

  constructor(reader: ReaderOutput, onBegun: (result: SubscribeResult) => void = () => {}) {
    this.reader = reader
    this.onBegun = onBegun
  }

  /** Moves to a position, with the present values up to it, if there are any to send. */
  moveTo(cursor: Cursor, values?: LatestValues): void {
    this.cursor = cursor
    this.values = values
    this.#valuesSentTo = 0
    this.#round = undefined
  }

  /** Begins to read at its position: the present values, or else the entries that follow. */
  begin(): void {
    if (this.values) {
      this.reader.state = 'behind'
      this.resume()
    } else {
      this.reader.beginAt(this.cursor, true)
      this.continue()
    }
  }

  /** Continues to read. At the head of a log that has ended, only the entry before the position shows the end. */
  continue(): void {
    const { epoch, sequence } = fromCursor(this.cursor)!
    const resume = ({ end }: Pick<LivePage, 'end'>) => (end ? finish(this.reader.stream, end) : this.resume())
    if (sequence === 0) resume({})
    else this.reader.read(toCursor(epoch, sequence - 1), 1, resume)
  }

  resume(): void {
    const { reader } = this
    while (reader.state === 'behind' && isOpen(reader.stream)) {
      if (!hasRoom(reader.stream)) {
        awaitRoom(reader.stream)
        return
      }
      if (this.values) {
        this.#sendValues(this.values)
        continue
      }
      if (!this.#round) {
        if (reader.waits()) return
        if (this.#sendFrames()) continue
      }
      let continues = false
      reader.read(this.cursor, PAGE_LENGTH, (page, later) => {
        continues = this.take(page)
        if (later && continues) this.resume()
      })
      if (!continues) return
    }
  }

  /** @returns whether to read on at once. */
  take(page: LivePage): boolean {
    const { reader } = this
    if (page.status === 'gap') {
      reader.onGap(page, page.reason === 'trimmed' ? 'slow' : page.reason!)
      return false
    }
    const { entries, end } = page
    if (entries.length === 0 && !end) return !this.#goLive()
    const wanted: LogEntry[] = []
    let [size, taken] = [0, 0]
    for (const entry of entries) {
      const { cursor, key } = entry
      // A round finds superseded entries before any is sent. Readers with a pace write only in rounds.
      const needsRound = !this.#round && (key !== undefined || reader.group.pace !== undefined)
      if (size >= MAX_WRITE || needsRound) break
      taken++
      this.cursor = cursor
      if (
        key === undefined || !this.#round ? reader.wants(entry) : this.#round.newest.get(subjectOf(entry)) === cursor
      ) {
        wanted.push(entry)
        size += entry.data.length
      }
      if (cursor === this.#round?.until) this.#round = undefined
    }
    if (wanted.length > 0 && isOpen(reader.stream)) reader.sendEntries(wanted)
    if (taken === entries.length) {
      if (end) finish(reader.stream, end)
    } else if (size < MAX_WRITE) return !reader.waits() && this.#beginRound()
    return isOpen(reader.stream)
  }

  /** Sends the next of the present values. After the last one, continues with the log. */
  #sendValues(values: LatestValues): void {
    const { reader } = this
    const upTo = fromCursor(this.cursor)!.sequence
    const wants = values === reader.source.latest ? reader.group.wants : () => true
    const found = values.between(this.#valuesSentTo, upTo, wants, MAX_WRITE)
    if (found.length === 0) {
      this.values = undefined
      this.begin()
      return
    }
    this.#valuesSentTo = found.at(-1)!.sequence
    reader.sendEntries(found.map(({ entry }) => entry))
  }

  /** Replays without a filter: writes frames of the log unchanged. @returns whether there were any entries. */
  #sendFrames(): boolean {
    const { reader } = this
    if (reader.options.filter || reader.group.pace) return false
    let isKeyed = false
    const frames = reader.source.live.frames(this.cursor, MAX_WRITE, (entry) => {
      isKeyed ||= entry.key !== undefined
      return reader.group.wants(entry)
    })
    if (frames === undefined || isKeyed) return false
    this.cursor = frames.next
    if (frames.count > 0) reader.send(frames.bytes, frames.count, frames.last)
    return true
  }

  /** @returns whether the round has begun, and with it reading on. */
  #beginRound(): boolean {
    const { reader } = this
    const newest = new Map<string, Cursor>()
    reader.state = 'busy'
    let [isBegun, isLater] = [false, false]
    scan(reader.source.live, this.cursor, {
      onEntry: (entry) => {
        if (entry.key !== undefined && reader.wants(entry)) newest.set(subjectOf(entry), entry.cursor)
      },
      onEnd: (until) => {
        this.#round = { until, newest }
        reader.state = 'behind'
        isBegun = isOpen(reader.stream)
        if (isLater) this.resume()
      },
      onGap: (page) => isOpen(reader.stream) && this.take(page),
      onFailure: (error) => fail(reader.stream, error),
    })
    isLater = true
    return isBegun
  }

  /** Changes from replay to live synchronously, so that no entry is missed in between. */
  #goLive(): boolean {
    const { reader } = this
    const { live } = reader.source
    live.flush()
    const mayHaveMissed = this.mayHaveMissed
    this.mayHaveMissed = false
    if (mayHaveMissed) return false
    if (live.head === this.cursor) {
      if (live.end) finish(reader.stream, live.end)
      else if (reader.group.pace?.before !== undefined) reader.group.pace.wait(reader)
      else reader.onHead()
      return true
    }
    const waits = live.head === undefined || isAhead(this.cursor, live.head)
    if (waits) live.waitForHead(reader)
    return waits
  }
}
