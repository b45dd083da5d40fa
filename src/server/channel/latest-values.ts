import type { EventwireError } from '../../shared/errors.ts'
import { type Cursor, fromCursor, type LogEntry, type Wants } from '../log/event-log.ts'
import type { LiveLog, LivePage } from '../log/live-log.ts'
import { type ScanOwner, scan, subjectOf } from './conflation.ts'

/** The most bytes of values in memory, approximately. */
const MAX_BYTES = 16 * 1024 * 1024
/** The approximate bytes of a value in addition to its text. */
const OVERHEAD = 256

interface Value {
  readonly entry: LogEntry
  readonly sequence: number
}

interface Waiting {
  readonly done: () => void
  readonly fail: (error: EventwireError) => void
}

/**
 * The newest entry of each name, key and list of topics, for readers that begin with `from: 'latest'`. A value stays here when the log
 * trims its entry. Values that were trimmed before this process read them are lost, and readers receive a gap.
 */
export class LatestValues implements ScanOwner {
  /** Whether the newest entry of a key may be missing. */
  isIncomplete = false
  /** The position up to which the values are complete; unknown until the log is read. */
  head: Cursor | undefined
  readonly #live: LiveLog
  readonly #wants: ((entry: LogEntry) => boolean) | undefined
  /** Values by subject, in the order of their last change. The values of a subject, nearly always one, have the newest first. */
  readonly #values = new Map<string, readonly Value[]>()
  #sequence = 0
  #bytes = 0
  #waiting: Waiting[] | undefined

  constructor(live: LiveLog, wants?: (entry: LogEntry) => boolean) {
    this.#live = live
    this.#wants = wants
    if (live.head !== undefined && fromCursor(live.head)!.sequence === 0) this.head = live.head
  }

  /** Adds live entries; `before` is the position before them. */
  add(entries: readonly LogEntry[], before: Cursor): void {
    if (this.head === undefined || this.#waiting !== undefined) return
    if (this.head === before) for (const entry of entries) this.onEntry(entry)
    else this.catchUp({ done() {}, fail() {} })
  }

  /** Reads up to the head, then calls back: synchronously on a synchronous log. */
  catchUp(waiting: Waiting): void {
    if (this.#waiting === undefined) {
      this.#live.flush()
      if (this.head !== undefined && this.head === this.#live.head) waiting.done()
      else {
        this.#waiting = [waiting]
        if (this.head === undefined) this.#restart()
        else scan(this.#live, this.head, this)
      }
    } else this.#waiting.push(waiting)
  }

  /** The values between two positions that a reader wants, oldest first, up to about `size` characters. */
  between(after: number, upTo: number, wants: Wants, size: number): readonly Value[] {
    const found: Value[] = []
    for (const values of this.#values.values()) {
      const value = values.find(({ entry }) => wants(entry) !== false)
      if (value === undefined || value.entry.forget) continue
      if (value.sequence > after && value.sequence <= upTo) found.push(value)
    }
    found.sort((one, other) => one.sequence - other.sequence)
    let left = size
    return found.filter(({ entry }) => {
      const fits = left > 0
      left -= entry.data.length
      return fits
    })
  }

  onEntry(entry: LogEntry): void {
    this.head = entry.cursor
    this.#sequence++
    if (entry.key === undefined || this.#wants?.(entry) === false) return
    this.#put(subjectOf(entry), entry)
    while (this.#bytes > MAX_BYTES) {
      this.isIncomplete = true
      this.#set(this.#values.keys().next().value!, [])
    }
  }

  onEnd(): void {
    for (const { done } of this.#settle()) done()
  }

  onGap({ reason }: LivePage): void {
    if (reason !== 'trimmed') this.#values.clear()
    this.isIncomplete = reason === 'trimmed'
    this.#restart()
  }

  onFailure(error: EventwireError): void {
    for (const { fail } of this.#settle()) fail(error)
  }

  #settle(): readonly Waiting[] {
    const waiting = this.#waiting!
    this.#waiting = undefined
    return waiting
  }

  #restart(): void {
    const begin = ({ oldest }: LivePage) => {
      this.head = oldest
      this.#sequence = fromCursor(oldest)!.sequence
      this.isIncomplete ||= this.#sequence > 0
      scan(this.#live, oldest, this)
    }
    this.#live.read(undefined, 0, begin, (error) => this.onFailure(error))
  }

  /** Replaces the value of a subject. A forgotten key stays as a mark only if readers could take an older value for the present one. */
  #put(subject: string, entry: LogEntry): void {
    const others = (this.#values.get(subject) ?? []).filter((value) => !isSame(value.entry.topics, entry.topics))
    const goes = entry.forget && others.length === 0
    this.#set(subject, goes ? [] : [{ entry: detached(entry), sequence: this.#sequence }, ...others])
  }

  #set(subject: string, values: readonly Value[]): void {
    this.#bytes += sizeOf(values) - sizeOf(this.#values.get(subject) ?? [])
    this.#values.delete(subject)
    if (values.length > 0) this.#values.set(subject, values)
  }
}

function sizeOf(values: readonly Value[]): number {
  return values.reduce((size, { entry }) => size + entry.data.length * 2 + OVERHEAD, 0)
}

/** Copies an entry: an entry of a log may be a view that holds a part of the history in memory. */
function detached({ type, data, topics, key, forget, cursor }: LogEntry): LogEntry {
  return { type, data, topics, key, forget, cursor }
}

function isSame(one: readonly string[] | undefined, other: readonly string[] | undefined): boolean {
  return one === other || `${one}` === `${other}`
}
