import type { EventwireError } from '../../shared/errors.ts'
import type { Cursor, LogEntry } from '../log/event-log.ts'
import type { Wants } from '../log/frames.ts'
import type { KeptValues } from '../log/kept-values.ts'
import { subjectOf } from '../log/latest.ts'
import type { LiveLog } from '../log/live-log.ts'
import type { LivePage } from '../log/live-page.ts'
import { fromCursor, toCursor } from '../log/position.ts'
import { type ScanOwner, scan } from './scan.ts'
import { detached, hasSameTopics, sizeOf, type Value } from './values.ts'

/** The most bytes of values in memory, approximately. */
const MAX_BYTES = 16 * 1024 * 1024
/** The part of the history that is left out when the log has trimmed its oldest entries before they were read. */
const SKIPPED = 1 / 8

/** The filter of one reader, which decides which entries supersede others. */
export interface ValueFilter {
  /** `undefined` for an entry of other topics. */
  readonly passes: (entry: LogEntry) => boolean | undefined
  /** The values of all readers, among them those of entries that were trimmed. */
  readonly all: LatestValues
}

/** Called when the values are complete up to the head, or with the failure of the log. */
type Waiting = (error?: EventwireError) => void

/**
 * The newest entry of each name, key and list of topics, for readers that begin with `from: 'latest'`. A value stays here when the log
 * trims its entry. Values that were trimmed before this process read them are those that the log has kept. Where it keeps none they are
 * lost, and readers receive a gap.
 */
export class LatestValues implements ScanOwner {
  /** Whether the newest entry of a key may be missing. */
  isIncomplete = false
  /** The position up to which the values are complete; unknown until the log is read. */
  head: Cursor | undefined
  readonly #live: LiveLog
  readonly #filter: ValueFilter | undefined
  /** Values by subject, in the order of their last change. The values of a subject, nearly always one, have the newest first. */
  readonly #values = new Map<string, readonly Value[]>()
  #sequence = 0
  #bytes = 0
  /** Whether the log no longer has its first entries. */
  #isTrimmed = false
  #waiting: (Waiting | undefined)[] | undefined
  /** Whether an entry of each subject and list of topics has passed the filter. If none has, one that was trimmed may have. */
  readonly #hasPassed = new Map<string, boolean>()

  constructor(live: LiveLog, filter?: ValueFilter) {
    this.#live = live
    this.#filter = filter
    if (live.head !== undefined && fromCursor(live.head)!.sequence === 0) this.head = live.head
  }

  /** Adds live entries; `before` is the position before them. */
  add(entries: readonly LogEntry[], before: Cursor): void {
    if (this.head === undefined || this.#waiting !== undefined) return
    if (this.head === before) for (const entry of entries) this.onEntry(entry)
    else this.catchUp()
  }

  /** Reads up to the head, then calls back: synchronously on a synchronous log. */
  catchUp(waiting?: Waiting): void {
    if (this.#waiting === undefined) {
      this.#live.flush()
      if (this.head !== undefined && this.head === this.#live.head) waiting?.()
      else {
        this.#waiting = [waiting]
        if (this.head === undefined) this.#restart()
        else scan(this.#live, this.head, this)
      }
    } else this.#waiting.push(waiting)
  }

  /** The values between two positions that a reader wants, oldest first, up to about `size` characters. */
  between(
    after: number,
    upTo: number,
    wants: (entry: LogEntry) => ReturnType<Wants>,
    size: number = Infinity,
  ): readonly Value[] {
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
    if (entry.key === undefined || !this.#wants(entry)) return
    this.#put(subjectOf(entry), entry)
    while (this.#bytes > MAX_BYTES) {
      this.isIncomplete = true
      this.#set(this.#values.keys().next().value!, [])
    }
  }

  onEnd(): void {
    this.isIncomplete ||= this.#isTrimmed && [...this.#hasPassed.values()].includes(false)
    this.#settle()
  }

  /** On a log that trims as quickly as it is read, another beginning at the oldest entry could fail again, for ever. */
  onGap({ reason }: LivePage): void {
    const isTrimmed = reason === 'trimmed'
    if (!isTrimmed) this.#clear()
    this.isIncomplete = false
    this.#restart(isTrimmed ? SKIPPED : 0)
  }

  onFailure(error: EventwireError): void {
    this.#settle(error)
  }

  #settle(error?: EventwireError): void {
    const waiting = this.#waiting!
    this.#waiting = undefined
    for (const settled of waiting) settled?.(error)
  }

  /** Begins with the values of trimmed entries that are known, at the oldest entry or later by a part of the history. */
  #restart(skipped = 0): void {
    const fail = (error: EventwireError) => this.#settle(error)
    const begin = ({ oldest, newest }: LivePage) => {
      const { epoch, sequence } = fromCursor(oldest)!
      const from = sequence + Math.ceil((fromCursor(newest)!.sequence - sequence) * skipped)
      const upTo = toCursor(epoch, from)
      this.#isTrimmed = sequence > 0
      if (!this.#isTrimmed) this.#begin({ entries: [], upTo, isComplete: true })
      else if (this.#filter !== undefined) {
        const { all } = this.#filter
        all.catchUp((error) => {
          if (error) return fail(error)
          const entries = all.between(0, from, (entry) => this.#wants(entry)).map(({ entry }) => entry)
          this.#begin({ entries, upTo, isComplete: !all.isIncomplete })
        })
      } else if (!this.#live.values((values) => this.#begin(values), fail)) {
        this.#begin({ entries: [], upTo, isComplete: false })
      }
    }
    this.#live.read(undefined, 0, begin, fail)
  }

  #begin({ entries, upTo, isComplete }: KeptValues): void {
    if (isComplete) this.#clear()
    else this.isIncomplete = true
    for (const entry of entries) {
      this.#sequence = fromCursor(entry.cursor)!.sequence - 1
      this.onEntry(entry)
    }
    this.head = upTo
    this.#sequence = fromCursor(upTo)!.sequence
    scan(this.#live, upTo, this)
  }

  #wants(entry: LogEntry): boolean {
    if (this.#filter === undefined) return true
    const passes = this.#filter.passes(entry)
    const id = subjectOf(entry) + JSON.stringify(entry.topics)
    if (passes !== undefined) this.#hasPassed.set(id, passes || this.#hasPassed.get(id) === true)
    return passes === true
  }

  #clear(): void {
    this.#values.clear()
    this.#bytes = 0
  }

  /** Replaces the value of a subject. A forgotten key stays as a mark only if readers could take an older value for the present one. */
  #put(subject: string, entry: LogEntry): void {
    const others = (this.#values.get(subject) ?? []).filter((value) => !hasSameTopics(value.entry, entry))
    const goes = entry.forget && others.length === 0
    this.#set(subject, goes ? [] : [{ entry: detached(entry), sequence: this.#sequence }, ...others])
  }

  #set(subject: string, values: readonly Value[]): void {
    for (const { entry } of values) this.#bytes += sizeOf(entry)
    for (const { entry } of this.#values.get(subject) ?? []) this.#bytes -= sizeOf(entry)
    this.#values.delete(subject)
    if (values.length > 0) this.#values.set(subject, values)
  }
}
