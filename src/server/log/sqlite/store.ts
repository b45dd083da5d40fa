import { EventwireError } from '../../../shared/errors.ts'
import { END_EVENT } from '../../../shared/wire/names.ts'
import { admit, tooLarge } from '../admission.ts'
import type { AppendOptions, Cursor, LogEntry, NewEntry } from '../event-log.ts'
import type { Part } from '../page.ts'
import { toCursor } from '../position.ts'
import type { Driver } from './driver.ts'
import { ALL_COLUMNS, type EntryRow, entryOf, listOf, logEntry, PLAIN, sizeOf } from './entry-rows.ts'
import { epochFor, LAST } from './schema.ts'

/** Where a log stands. */
export interface LogHead {
  /** The number of its row. 0: there is none yet. */
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

/** Rows that are read at a time. */
const PAGE = 256
/** Approximate maximum size of a page in characters. */
const PAGE_SIZE = 1_048_576

// The newest entry says where the log stands, so that an append writes one page. The row of the log does when that is gone.
const HEAD = `SELECT l.id, l.epoch, ifnull(e.id & ${LAST}, l.sequence) AS sequence, ifnull(e.before + e.size, l.bytes) AS bytes,
  ifnull(e.at, l.at) AS at, ifnull(e.type = '${END_EVENT}', l.ended) AS ended
  FROM eventwire_logs l LEFT JOIN eventwire_entries e ON e.id = (
    SELECT max(id) FROM eventwire_entries WHERE id >= (l.id << 40 | l.sequence) AND id <= (l.id << 40 | ${LAST}))
  WHERE l.key = ?`
const BEGIN =
  'INSERT INTO eventwire_logs (key, epoch, sequence, bytes, at, ended) VALUES (?, ?, 0, 0, 0, 0) RETURNING id'
const RESET = 'UPDATE eventwire_logs SET sequence = ?, bytes = ?, at = ?, ended = ? WHERE id = ?'
const ADD = `INSERT INTO eventwire_entries (${ALL_COLUMNS}) VALUES (? << 40 | ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
// Nothing happens when another process has appended meanwhile, or when the log was deleted. The row of the log knows which entries
// were deleted since. A look for newer entries would read the table that is written to, which makes SQLite copy the row first.
const BEHIND = 'FROM eventwire_logs WHERE id = ? AND epoch = ? AND sequence < ?'
const ADD_NEXT = `INSERT OR IGNORE INTO eventwire_entries (${PLAIN}) SELECT id << 40 | ?, ?, ?, ?, ?, ? ${BEHIND}`
const ADD_NEXT_ALL = `INSERT OR IGNORE INTO eventwire_entries (${ALL_COLUMNS})
  SELECT id << 40 | ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL ${BEHIND}`
const CUT = `DELETE FROM eventwire_entries WHERE id > (? << 40 | ?) AND id <= (? << 40 | ${LAST})`
const TOKEN = 'SELECT token FROM eventwire_entries WHERE id = (? << 40 | ?)'
const ENTRIES =
  'topics, key, forget FROM eventwire_entries e WHERE id > (? << 40 | ?) AND id <= (? << 40 | ?) ORDER BY id LIMIT ?'
const ALL = `SELECT id & ${LAST} AS sequence, type, data, ${ENTRIES}`
const LATEST = `SELECT id & ${LAST} AS sequence, type, CASE WHEN key IS NOT NULL AND (forget OR EXISTS (
  SELECT 1 FROM eventwire_entries l WHERE l.type = e.type AND l.key = e.key AND l.id > e.id AND l.id <= (? << 40 | ?)))
  THEN NULL ELSE data END AS data, ${ENTRIES}`

/** Appends and reads the entries of one log. */
export class Store {
  readonly driver: Driver
  readonly #key: string

  constructor(driver: Driver, key: string) {
    this.driver = driver
    this.#key = key
  }

  head(): LogHead {
    const row = this.driver.get(HEAD, this.#key)
    if (row) return { ...(row as LogHead), ended: row.ended === 1 }
    return { id: 0, epoch: epochFor(this.driver, this.#key), sequence: 0, bytes: 0, at: 0, ended: false }
  }

  /** Adds an entry behind a head that may be the newest still, in one statement; `undefined` when it is not. */
  appendOne(entry: NewEntry, before: LogHead, size: number): AppendResult | undefined {
    const { type, data, key = null, forget } = entry
    const { id, epoch, bytes } = before
    const sequence = before.sequence + 1
    const at = Math.max(Date.now(), before.at)
    const [list, flag] = [listOf(entry), forget ? 1 : 0]
    const { driver } = this
    // Values are passed one by one: an array that is spread into a call costs as much as two columns.
    const added =
      list === null && key === null && flag === 0
        ? driver.run(ADD_NEXT, sequence, at, bytes, size, type, data, id, epoch, sequence)
        : driver.run(ADD_NEXT_ALL, sequence, at, bytes, size, type, data, list, key, flag, id, epoch, sequence)
    if (added === 0) return undefined
    const cursor = toCursor(epoch, sequence)
    const head = { id, epoch, sequence, bytes: bytes + size, at, ended: false }
    return { head, entries: [logEntry(entry, cursor)], cursors: [cursor] }
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
    const { epoch } = head
    const cursor = toCursor(epoch, head.sequence)
    if (!admit(purpose, entries, options, cursor, head.ended)) return { head, entries: [], cursors: [cursor] }
    const sizes = entries.map(sizeOf)
    const size = sizes.reduce((sum, bytes) => sum + bytes)
    if (size > maxBytes) throw tooLarge(purpose, size, maxBytes)
    const id = head.id || this.driver.get(BEGIN, this.#key, epoch)!.id
    const at = Math.max(Date.now(), head.at)
    let { sequence, bytes } = head
    try {
      for (const entry of entries) {
        const entrySize = sizes[sequence - head.sequence]!
        const { type, data, key = null, forget } = entry
        const [list, flag] = [listOf(entry), forget ? 1 : 0]
        this.driver.run(ADD, id, ++sequence, at, bytes, entrySize, type, data, list, key, flag, token)
        bytes += entrySize
      }
    } catch (cause) {
      this.#undo({ ...head, id })
      throw cause
    }
    const cursors = entries.map((_, index) => toCursor(epoch, head.sequence + 1 + index))
    return {
      head: { id, epoch, sequence, bytes, at, ended: entries.at(-1)!.type === END_EVENT },
      entries: entries.map((entry, index) => logEntry(entry, cursors[index]!)),
      cursors,
    }
  }

  /** Where the transaction is not ours to roll back, a half of a batch must not stay. */
  #undo({ id, sequence, bytes, at, ended }: LogHead): void {
    try {
      this.driver.run(CUT, id, sequence, id)
      this.driver.run(RESET, sequence, bytes, at, ended ? 1 : 0, id)
    } catch {} // the whole transaction is gone
  }

  /** Fails when the log does not have the entry that was appended under this token, as its head. */
  confirm(purpose: string, { id, sequence }: LogHead, token: number): void {
    const row = this.driver.get(TOKEN, id, sequence)
    if (row?.token !== token) throw rolledBack(purpose, !row && this.head().sequence >= sequence)
  }

  /** Reads the entries after a position, up to the first that is missing. */
  read(head: LogHead, after: number, limit: number, latest: boolean): Part {
    const entries: LogEntry[] = []
    let [next, size] = [after, 0]
    // Of the latest a page may be fewer than are looked at, and continues where it was filled.
    while (next < head.sequence && entries.length < limit && size < PAGE_SIZE) {
      const from = next
      for (const row of this.#rows(head, from, Math.min(PAGE, limit - entries.length), latest)) {
        if (row[0] !== next + 1) break
        next++
        if (row[2] === null) continue
        entries.push(entryOf(row, head.epoch))
        size += row[2].length
      }
      if (next === from) break
    }
    return { entries, next }
  }

  #rows({ id, sequence }: LogHead, after: number, limit: number, latest: boolean): readonly EntryRow[] {
    return latest
      ? this.driver.rows(LATEST, id, sequence, id, after, id, sequence, limit)
      : this.driver.rows(ALL, id, after, id, sequence, limit)
  }
}

function rolledBack(purpose: string, mayHaveHappened: boolean): EventwireError {
  const outcome = mayHaveHappened
    ? 'the entry would be trimmed by now, so it is not known whether the transaction has committed'
    : 'the transaction was rolled back, so nothing was appended'
  return new EventwireError('log-failed', `${purpose}: ${outcome}`)
}
