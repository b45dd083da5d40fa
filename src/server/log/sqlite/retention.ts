import type { LogSize } from '../event-log.ts'
import type { KeptValues } from '../kept-values.ts'
import { toCursor } from '../position.ts'
import type { Driver, Row } from './driver.ts'
import { type EntryRow, entryOf } from './entry-rows.ts'
import type { Bounds } from './options.ts'
import { LAST } from './schema.ts'
import type { LogHead } from './store.ts'
import { TrimmedValues } from './trimmed-values.ts'

const FIRST = `SELECT id & ${LAST} AS sequence, at, before FROM eventwire_entries
  WHERE id > (? << 40 | ?) AND id <= (? << 40 | ${LAST}) ORDER BY id LIMIT 1`
// In one step: otherwise a trigger would write this row for each entry.
const PASS = 'UPDATE eventwire_logs SET sequence = max(sequence, ?) WHERE id = ?'
const TRIM = 'DELETE FROM eventwire_entries WHERE id >= (? << 40) AND id <= (? << 40 | ?)'
const KEYED = `SELECT id & ${LAST} AS sequence, type, data, topics, key, forget FROM eventwire_entries
  WHERE id >= (? << 40) AND id <= (? << 40 | ?) AND key IS NOT NULL ORDER BY id`

/** What a log keeps, and what it has deleted. */
export class Retention {
  readonly #driver: Driver
  readonly #bounds: Bounds
  readonly #values: TrimmedValues
  /** Counts of the entries appended since this process last trimmed. */
  #untrimmed: { events: number; bytes: number; at: number } = { events: Infinity, bytes: 0, at: 0 }
  #trimmed = 0

  constructor(driver: Driver, bounds: Bounds) {
    this.#driver = driver
    this.#bounds = bounds
    this.#values = new TrimmedValues(driver)
  }

  /** Deletes what is over the bounds, for many entries at a time. */
  appended(head: LogHead, events: number): void {
    const { maxEvents, maxBytes, maxAge } = this.#bounds
    const since = this.#untrimmed
    since.events += events
    const isDue =
      since.events >= Math.min(256, maxEvents / 8) ||
      head.bytes - since.bytes >= maxBytes / 8 ||
      (maxAge < Infinity && head.at - since.at >= Math.min(1_000, maxAge))
    if (!isDue) return
    try {
      this.#trim(head)
      this.#untrimmed = { events: 0, bytes: head.bytes, at: head.at }
    } catch {} // another process writes: the next append tries again
  }

  /** The position before the first entry within the bounds. */
  oldest({ id, sequence, bytes }: LogHead): number {
    const { maxEvents, maxBytes, maxAge } = this.#bounds
    const since = Date.now() - maxAge
    const isOver = ({ at, before }: Row) => at < since || bytes - before > maxBytes
    const first = this.first(id, Math.max(0, sequence - maxEvents))
    if (!first || first.sequence > sequence) return sequence
    if (!isOver(first)) return first.sequence - 1
    // Ages and bytes grow with the position.
    let [low, high] = [first.sequence, sequence]
    while (low < high) {
      const middle = (low + high) >>> 1
      const row = this.first(id, middle)
      if (row && isOver(row)) low = middle + 1
      else high = middle
    }
    return low
  }

  /** The newest entry stays, however old it is: it says where the log stands. */
  #trim(head: LogHead): void {
    const { id, sequence } = head
    const last = Math.min(this.oldest(head), sequence - 1)
    if (last === this.#trimmed) return
    this.#driver.transaction(() => {
      // An age says that entries are forgotten, and their values with them.
      if (this.#bounds.maxAge === Number.POSITIVE_INFINITY) this.#values.add(id, this.#keyed(id, last))
      this.#driver.run(PASS, last, id)
      this.#driver.run(TRIM, id, id, last)
    })
    this.#trimmed = last
  }

  /** The values of keys up to the oldest entry, beside entries that they supersede. */
  values(head: LogHead): KeptValues {
    const { id, epoch } = head
    const oldest = this.oldest(head)
    // In this order: what another process trims in between is in both.
    const rows = this.#keyed(id, oldest)
    const kept = this.#values.all(id)
    // The entries of the table were trimmed earlier, so all are in order.
    const entries = [...kept.rows, ...rows].map((row) => entryOf(row, epoch))
    return { entries, isComplete: kept.isComplete, upTo: toCursor(epoch, oldest) }
  }

  /** The entries within the bounds, and their bytes. */
  size(head: LogHead): LogSize {
    const { id, sequence, bytes } = head
    const oldest = this.oldest(head)
    return { entries: sequence - oldest, bytes: bytes - (this.first(id, oldest)?.before ?? bytes) }
  }

  /** The first entry behind a position. */
  first(id: number, after: number): Row | null | undefined {
    return this.#driver.get(FIRST, id, after, id)
  }

  #keyed(id: number, last: number): readonly EntryRow[] {
    return this.#driver.rows(KEYED, id, id, last)
  }
}
