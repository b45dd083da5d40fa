/**
 * A history that survives restarts: a log in a SQLite file, shared by the processes of one machine.
 *
 * @module
 */

import type { EventLog } from '../event-log.ts'
import type { SqliteLogOptions } from './options.ts'
import { openSqliteLog } from './sqlite-log.ts'

// biome-ignore lint/style/noRestrictedImports: the compiler names inferred types by this entry.
export type {} from '../../index.ts'
export type { SqliteDatabaseLike } from './driver.ts'
export type { SqliteLogOptions } from './options.ts'

/**
 * Creates a log in a SQLite database, for one machine: it survives a restart, and channels of several processes over the same file and key are
 * one channel. An event published within a transaction of yours exists if and only if that commits. Its promise settles with
 * the transaction, so do not await it inside.
 *
 * Its methods fail with `log-failed` when the database fails (a full disk, another process that writes for longer than 5 s). They fail
 * with `closed` once the log is closed, and for an entry behind its end.
 *
 * @example
 * import { DatabaseSync } from 'node:sqlite'
 * import { createChannel } from 'eventwire/server'
 * import { sqliteLog } from 'eventwire/sqlite'
 *
 * const database = new DatabaseSync('app.db')
 * database.exec('PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, status TEXT)')
 * const channel = createChannel<{ changed: { id: number } }>({ log: sqliteLog({ database, key: 'orders' }) })
 *
 * database.exec('BEGIN IMMEDIATE')
 * database.exec("INSERT OR REPLACE INTO orders VALUES (7, 'shipped')")
 * const published = channel.publish('changed', { id: 7 })
 * database.exec('COMMIT')
 * console.log((await published) !== '') // -> true
 * await channel.close()
 *
 * @throws {EventwireError} `invalid-option` for an option that makes no sense, and for a database that cannot hold logs: without WAL,
 *   read-only, on a network file system, with other tables of these names; `log-failed` when it does not answer.
 */
export function sqliteLog(options: SqliteLogOptions): EventLog {
  return openSqliteLog(options)
}
