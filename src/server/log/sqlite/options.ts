import { EventwireError } from '../../../shared/errors.ts'
import type { SqliteDatabaseLike } from './driver.ts'

/** Where a `sqliteLog()` lives and what it keeps. All processes that share a log give the same. */
export interface SqliteLogOptions {
  /**
   * An open database of `node:sqlite`, `better-sqlite3` or `bun:sqlite`, in WAL mode unless it is in memory, or
   * `ctx.storage.sql` of a Durable Object. It may be the one that holds your tables. The log never closes it.
   */
  readonly database: SqliteDatabaseLike
  /** The name of the log. Its rows are in the tables `eventwire`, `eventwire_logs`, `eventwire_entries` and `eventwire_values`. */
  readonly key: string
  /**
   * The most entries that can be read again.
   * @default 65_536
   */
  readonly maxEvents?: number | undefined
  /**
   * The most bytes of payload and name to keep. A batch that alone is larger is refused.
   * @default 64 MiB (67,108,864)
   */
  readonly maxBytes?: number | undefined
  /**
   * Milliseconds after which an entry is forgotten.
   * @default Infinity
   */
  readonly maxAge?: number | undefined
  /**
   * Milliseconds between two looks whether another process has appended; half of that while entries come. They happen only while a channel, or another
   * follower, is there; one look takes about two microseconds.
   * @default 10
   */
  readonly poll?: number | undefined
}

export interface Bounds {
  readonly maxEvents: number
  readonly maxBytes: number
  readonly maxAge: number
}

/** The options with their defaults. */
export interface SqliteLogSettings extends Bounds {
  readonly key: string
  readonly poll: number
}

export function settingsOf({
  key,
  maxEvents,
  maxBytes,
  maxAge,
  poll,
}: Partial<SqliteLogOptions> = {}): SqliteLogSettings {
  if (typeof key !== 'string' || key === '') {
    throw new EventwireError('invalid-option', `key is ${JSON.stringify(key)}; give a name`)
  }
  const numbers = {
    maxEvents: maxEvents ?? 65_536,
    maxBytes: maxBytes ?? 64 * 1024 * 1024,
    maxAge: maxAge ?? Number.POSITIVE_INFINITY,
    poll: poll ?? 10,
  }
  for (const [name, bound] of Object.entries(numbers)) {
    if (typeof bound !== 'number' || !(bound > 0)) {
      throw new EventwireError('invalid-option', `${name} is ${bound}; give a positive number`)
    }
  }
  return { key, ...numbers, maxEvents: Math.ceil(numbers.maxEvents) }
}
