import { byteLength } from '../../../shared/wire/bytes.ts'
import { END_EVENT } from '../../../shared/wire/names.ts'
import { admit, tooLarge } from '../admission.ts'
import {
  type AppendOptions,
  type Cursor,
  type KeptValues,
  type LogEntry,
  type LogSize,
  type NewEntry,
  toCursor,
} from '../event-log.ts'
import type { Part } from '../page.ts'
import type { Driver, Row } from './driver.ts'
import type { Bounds } from './options.ts'
import { epochFor, LAST } from './schema.ts'
import { TrimmedValues } from './trimmed-values.ts'

/** The row of a log. */
export interface LogHead {
  /** 0: there is none yet. */
  readonly id: number
  readonly epoch: string
  /** The newest position. */
  readonly sequence: number
  /** Of all entries that there were. */
  readonly bytes: number
  /** When the newest entry was appended. */
  readonly at: number
  readonly ended: boolean
}

/** The result of an append. It has no entries when the append repeated the end. */
export interface AppendResult {
  readonly head: LogHead
  readonly entries: readonly LogEntry[]
  readonly cursors: readonly Cursor[]
}

/** A part of a log. */
const COLUMNS = 'id, at, before, size, token, type, data, topics, key, forget'
// The newest entry says where the log stands, so that an append writes one page. The row of the log does when that is gone.
const HEAD = `SELECT l.id, l.epoch, l.sequence, l.bytes, l.at, l.ended, e.id & ${LAST} AS last, e.at AS lastAt,
  e.before + e.size AS total, e.type FROM eventwire_logs l LEFT JOIN eventwire_entries e ON e.id = (
    SELECT max(id) FROM eventwire_entries WHERE id >= (l.id << 40 | l.sequence) AND id <= (l.id << 40 | ${LAST}))
  WHERE l.key = ?`
const BEGIN =
  'INSERT INTO eventwire_logs (key, epoch, sequence, bytes, at, ended) VALUES (?, ?, 0, 0, 0, 0) RETURNING id'
const RESET = 'UPDATE eventwire_logs SET sequence = ?, bytes = ?, at = ?, ended = ? WHERE id = ?'
const ADD = `INSERT INTO eventwire_entries (${COLUMNS}) VALUES (? << 40 | ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
// Nothing happens when another process has appended meanwhile, or when the log was deleted. The entry that was appended at this
// position may have been trimmed since; the newest one never is.
const ADD_NEXT = `INSERT OR IGNORE INTO eventwire_entries (${COLUMNS})
  SELECT id << 40 | ?, ?, ?, ?, NULL, ?, ?, ?, ?, ? FROM eventwire_logs l
  WHERE id = ? AND epoch = ? AND sequence < ? AND NOT EXISTS (
    SELECT 1 FROM eventwire_entries e WHERE e.id > (l.id << 40 | ?) AND e.id <= (l.id << 40 | ${LAST}))`
const CUT = `DELETE FROM eventwire_entries WHERE id > (? << 40 | ?) AND id <= (? << 40 | ${LAST})`
const FIRST = `SELECT id & ${LAST} AS sequence, at, before FROM eventwire_entries
  WHERE id > (? << 40 | ?) AND id <= (? << 40 | ${LAST}) ORDER BY id LIMIT 1`
const TRIM = 'DELETE FROM eventwire_entries WHERE id >= (? << 40) AND id <= (? << 40 | ?)'
const KEYED = `SELECT id & ${LAST} AS sequence, type, data, topics, key, forget FROM eventwire_entries
  WHERE id >= (? << 40) AND id <= (? << 40 | ?) AND key IS NOT NULL ORDER BY id`
const TOKEN = 'SELECT token FROM eventwire_entries WHERE id = (? << 40 | ?)'
const ENTRIES = 'FROM eventwire_entries e WHERE id > (? << 40 | ?) AND id <= (? << 40 | ?) ORDER BY id LIMIT ?'
const ALL = `SELECT id & ${LAST} AS sequence, type, data, topics, key, forget ${ENTRIES}`
const LATEST = `SELECT id & ${LAST} AS sequence, type, topics, key, CASE WHEN key IS NOT NULL AND (forget OR EXISTS (
  SELECT 1 FROM eventwire_entries l WHERE l.type = e.type AND l.key = e.key AND l.id > e.id AND l.id <= (? << 40 | ?)))
  THEN NULL ELSE data END AS data ${ENTRIES}`

/** Reads and writes the rows of one log. */
export class Store {
  readonly driver: Driver
  readonly #key: string
  readonly #values: TrimmedValues

  constructor(driver: Driver, key: string) {
    this.driver = driver
    this.#key = key
    this.#values = new TrimmedValues(driver)
  }

  head(): LogHead {
    const row = this.driver.get(HEAD, this.#key)
    if (!row) {
      return { id: 0, epoch: epochFor(this.driver, this.#key), sequence: 0, bytes: 0, at: 0, ended: false }
    }
    const { id, epoch, last, lastAt, total, type } = row
    if (last === null) return { ...(row as LogHead), ended: row.ended === 1 }
    return { id, epoch, sequence: last, bytes: total, at: lastAt, ended: type === END_EVENT }
  }

  /** Adds an entry behind a head that may be the newest still, in one statement; `undefined` when it is not. */
  appendOne(entry: NewEntry, before: LogHead, size: number): AppendResult | undefined {
    const { type, data, topics, key, forget, traceparent } = entry
    const { id, epoch, bytes } = before
    const [sequence, at] = [before.sequence + 1, Math.max(Date.now(), before.at)]
    const [list, flag] = [listOf(entry), forget ? 1 : 0]
    const entryValues = [sequence, at, bytes, size, type, data, list, key ?? null, flag] as const
    if (this.driver.run(ADD_NEXT, ...entryValues, id, epoch, sequence, sequence) === 0) return undefined
    const cursor = toCursor(epoch, sequence)
    const head = { id, epoch, sequence, bytes: bytes + size, at, ended: false }
    return { head, entries: [{ type, data, topics, key, forget, traceparent, cursor }], cursors: [cursor] }
  }

  /** Adds a batch behind the head, within the open transaction, if any. */
  append(
    purpose: string,
    entries: readonly NewEntry[],
    options: AppendOptions,
    maxBytes: number,
    token: number | null,
  ): AppendResult {
    const head = this.head()
    const cursor = toCursor(head.epoch, head.sequence)
    if (!admit(purpose, entries, options, cursor, head.ended)) return { head, entries: [], cursors: [cursor] }
    const sizes = entries.map(sizeOf)
    const size = sizes.reduce((sum, bytes) => sum + bytes)
    if (size > maxBytes) throw tooLarge(purpose, size, maxBytes)
    const id = head.id || this.driver.get(BEGIN, this.#key, head.epoch)!.id
    const at = Math.max(Date.now(), head.at)
    let { sequence, bytes } = head
    try {
      for (const [index, entry] of entries.entries()) {
        const { type, data, key, forget } = entry
        const list = listOf(entry)
        this.driver.run(
          ADD,
          id,
          ++sequence,
          at,
          bytes,
          sizes[index]!,
          token,
          type,
          data,
          list,
          key ?? null,
          forget ? 1 : 0,
        )
        bytes += sizes[index]!
      }
    } catch (cause) {
      this.#undo({ ...head, id })
      throw cause
    }
    const added = entries.map(({ type, data, topics, key, forget, traceparent }, index): LogEntry => {
      return { type, data, topics, key, forget, traceparent, cursor: toCursor(head.epoch, head.sequence + 1 + index) }
    })
    const ended = added.at(-1)!.type === END_EVENT
    return {
      head: { id, epoch: head.epoch, sequence, bytes, at, ended },
      entries: added,
      cursors: added.map(({ cursor }) => cursor),
    }
  }

  /** Where the transaction is not ours to roll back, a half of a batch must not stay. */
  #undo({ id, sequence, bytes, at, ended }: LogHead): void {
    try {
      this.driver.run(CUT, id, sequence, id)
      this.driver.run(RESET, sequence, bytes, at, ended ? 1 : 0, id)
    } catch {} // the whole transaction is gone
  }

  /** The position before the first entry within the bounds. */
  oldest({ id, sequence, bytes }: LogHead, { maxEvents, maxBytes, maxAge }: Bounds): number {
    const since = maxAge === Number.POSITIVE_INFINITY ? 0 : Date.now() - maxAge
    const isOver = ({ at, before }: Row) => at < since || bytes - before > maxBytes
    const first = this.#from(id, Math.max(0, sequence - maxEvents))
    if (first === undefined || first.sequence > sequence) return sequence
    if (!isOver(first)) return first.sequence - 1
    // Ages and bytes grow with the position.
    let [low, high] = [first.sequence, sequence]
    while (low < high) {
      const middle = (low + high) >>> 1
      const row = this.#from(id, middle)
      if (row !== undefined && isOver(row)) low = middle + 1
      else high = middle
    }
    return low
  }

  /** The newest entry stays, however old it is: it says where the log stands. */
  trim({ id, sequence }: LogHead, oldest: number, keepsValues: boolean): void {
    const last = Math.min(oldest, sequence - 1)
    const trim = () => this.driver.run(TRIM, id, id, last)
    if (keepsValues)
      this.driver.transaction(() => {
        this.#values.add(id, this.driver.all(KEYED, id, id, last))
        trim()
      })
    else trim()
  }

  /** The values of keys up to a position, beside entries that they supersede. */
  values({ id, epoch }: LogHead, oldest: number): Omit<KeptValues, 'upTo'> {
    // In this order: what another process trims in between is in both.
    const rows = this.driver.all(KEYED, id, id, oldest)
    const kept = this.#values.all(id)
    // The entries of the table were trimmed earlier, so all are in order.
    return { entries: [...kept.rows, ...rows].map((row) => entryOf(row, epoch)), isComplete: kept.isComplete }
  }

  /** Whether the log has the entry that was appended under this token; `undefined` when that entry may have been trimmed. */
  holds({ id }: LogHead, sequence: number, token: number): boolean | undefined {
    const row = this.driver.get(TOKEN, id, sequence)
    return !row && this.head().sequence >= sequence ? undefined : row?.token === token
  }

  /** Reads the entries after a position, up to the first that is missing. */
  read({ id, epoch, sequence }: LogHead, after: number, limit: number, latest: boolean): Part {
    const rows = latest
      ? this.driver.all(LATEST, id, sequence, id, after, id, sequence, limit)
      : this.driver.all(ALL, id, after, id, sequence, limit)
    const entries: LogEntry[] = []
    let next = after
    for (const row of rows) {
      if (row.sequence !== next + 1) break
      next++
      if (row.data !== null) entries.push(entryOf(row, epoch))
    }
    return { entries, next }
  }

  /** The entries of a log after a position, and their bytes. */
  size({ id, sequence, bytes }: LogHead, after: number): LogSize {
    return { entries: sequence - after, bytes: bytes - (this.#from(id, after)?.before ?? bytes) }
  }

  /** The first entry behind a position. */
  firstBehind({ id }: LogHead, after: number): number | undefined {
    return this.#from(id, after)?.sequence
  }

  #from(id: number, after: number): Row | undefined {
    return this.driver.get(FIRST, id, after, id) ?? undefined
  }
}

/** The size of an entry as `maxBytes` counts it. */
export function sizeOf({ type, data }: NewEntry): number {
  return byteLength(type) + byteLength(data)
}

/** Topics as JSON. Few events have a trace context, which stands behind them as `[topics, traceparent]`. */
function listOf({ topics, traceparent }: NewEntry): string | null {
  if (traceparent !== undefined) return JSON.stringify([topics ?? null, traceparent])
  return topics === undefined ? null : JSON.stringify(topics)
}

function entryOf({ sequence, type, data, topics: list, key, forget }: Row, epoch: string): LogEntry {
  const parsed = list === null ? undefined : JSON.parse(list)
  const isTraced = parsed?.length === 2 && typeof parsed[0] !== 'string'
  const [topics, traceparent] = isTraced ? parsed : [parsed]
  return {
    type,
    data,
    topics: topics ?? undefined,
    traceparent,
    key: key ?? undefined,
    forget: forget === 1 || undefined,
    cursor: toCursor(epoch, sequence),
  }
}
