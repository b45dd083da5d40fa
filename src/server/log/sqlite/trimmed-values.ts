import type { Driver } from './driver.ts'
import type { EntryRow } from './entry-rows.ts'
import { LAST } from './schema.ts'

/** The most characters of values that a log keeps beyond its history. */
const MAX_SIZE = 8 * 1024 * 1024

// The row without a key says how many characters the others have, and whether a value is missing.
const LOST = `SELECT (SELECT min(id) & ${LAST} FROM eventwire_entries WHERE id > ? << 40) > 1 AS lost`
const BEGIN = `INSERT OR IGNORE INTO eventwire_values (log, type, key, topics, sequence, forget)
  SELECT ?, '', '', '', 0, lost FROM (${LOST})`
const STATE = "SELECT sequence AS size, forget AS lost FROM eventwire_values WHERE log = ? AND type = '' AND key = ''"
const SET_STATE = "UPDATE eventwire_values SET sequence = ?, forget = ? WHERE log = ? AND type = '' AND key = ''"
const OF_KEY = 'SELECT topics, length(data) AS size FROM eventwire_values WHERE log = ? AND type = ? AND key = ?'
const PUT = `INSERT OR REPLACE INTO eventwire_values (log, type, key, topics, sequence, data, forget)
  VALUES (?, ?, ?, ?, ?, ?, ?)`
const REMOVE = 'DELETE FROM eventwire_values WHERE log = ? AND type = ? AND key = ? AND topics = ?'
const ALL = `SELECT sequence, type, data, nullif(topics, '') AS topics, key, forget FROM eventwire_values
  WHERE log = ? AND key <> '' ORDER BY sequence`

/** The newest entry of each name, key and list of topics among those that a log has trimmed. */
export class TrimmedValues {
  readonly #driver: Driver

  constructor(driver: Driver) {
    this.#driver = driver
  }

  /** Keeps entries with a key that are about to be trimmed, oldest first. */
  add(log: number, rows: readonly EntryRow[]): void {
    this.#driver.run(BEGIN, log, log)
    const newest = new Map(rows.map((row) => [JSON.stringify([row[1], row[3], row[4]]), row]))
    if (newest.size === 0) return
    const state = { ...this.#driver.get(STATE, log)! } as State
    for (const row of newest.values()) this.#put(log, row, state)
    this.#driver.run(SET_STATE, state.size, state.lost, log)
  }

  /** The values of a log, oldest first. They are complete if it has kept them since it had its first entry. */
  all(log: number): { readonly rows: readonly EntryRow[]; readonly isComplete: boolean } {
    const rows = this.#driver.rows<EntryRow>(ALL, log)
    const { lost } = this.#driver.get(STATE, log) ?? this.#driver.get(LOST, log)!
    return { rows, isComplete: lost === 0 }
  }

  /** A forgotten key stays as a mark only while a value with other topics could be taken for the present one. */
  #put(log: number, [sequence, type, data, topics, key, forget]: EntryRow, state: State): void {
    const list = topics ?? ''
    const values = this.#driver.all(OF_KEY, log, type, key)
    const own = values.find((value) => value.topics === list)
    const goes = forget && values.length === (own ? 1 : 0)
    state.size -= own?.size ?? 0
    const isFull = state.size + data!.length > MAX_SIZE
    if (goes || isFull) {
      this.#driver.run(REMOVE, log, type, key, list)
      if (!goes) state.lost = 1
      return
    }
    state.size += data!.length
    this.#driver.run(PUT, log, type, key, list, sequence, data, forget)
  }
}

interface State {
  size: number
  /** 1 when a value is missing. */
  lost: number
}
