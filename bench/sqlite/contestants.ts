/** Ways to keep events in a SQLite file and to read them again. */
import { DatabaseSync } from 'node:sqlite'
import { fromCursor, toCursor } from '../../src/server/log/position.ts'
import { sqliteLog } from '../../src/server/log/sqlite/index.ts'

export interface Contestant {
  /** Appends events in one transaction. */
  append(events: readonly string[]): unknown
  /** Reads a page after a position; answers how many events it had. */
  read(after: number, limit: number): number
  close(): void
}

const ENTRIES = 'INSERT INTO events (at, type, data) VALUES (?, ?, ?)'
const PAGE = 'SELECT id, type, data FROM events WHERE id > ? ORDER BY id LIMIT ?'

export const contestants: { readonly [name: string]: (file: string, synchronous: string) => Contestant } = {
  'floor: INSERT and SELECT by hand': (file, synchronous) => {
    const database = open(file, synchronous)
    database.exec('CREATE TABLE events (id INTEGER PRIMARY KEY, at INTEGER, type TEXT, data TEXT)')
    const [insert, select] = [database.prepare(ENTRIES), database.prepare(PAGE)]
    const [begin, commit] = [database.prepare('BEGIN IMMEDIATE'), database.prepare('COMMIT')]
    return {
      append(events) {
        begin.run()
        for (const data of events) insert.run(Date.now(), 'note', data)
        commit.run()
      },
      read: (after, limit) => select.all(after, limit).length,
      close: () => database.close(),
    }
  },
  eventwire: (file, synchronous) => {
    const database = open(file, synchronous)
    const log = sqliteLog({ database, key: 'bench', maxEvents: 1_000_000, maxBytes: 1_000_000_000 })
    log.append([{ type: 'note', data: '' }])
    const { epoch } = fromCursor((log.read(undefined, 0) as { newest: string }).newest)!
    return {
      append: (events) => log.append(events.map((data) => ({ type: 'note', data }))),
      read: (after, limit) => (log.read(toCursor(epoch, after), limit) as { entries: unknown[] }).entries.length,
      close() {
        log.close()
        database.close()
      },
    }
  },
}

export function open(file: string, synchronous: string): DatabaseSync {
  const database = new DatabaseSync(file)
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}`)
  return database
}
