import type { Cursor, EventLog, LogEntry } from './event-log.ts'

/** The values of keys that a log keeps beyond the bounds of its history. */
export interface KeptValues {
  /** The newest entry of each name, key and list of topics up to a position, beside entries that these supersede. Oldest first. */
  readonly entries: readonly LogEntry[]
  /** That position, from which the history continues. */
  readonly upTo: Cursor
  /** Whether no value is missing. */
  readonly isComplete: boolean
}

/** The name of a method of logs that keep the newest entry of each key when they trim it. */
export const keptValues: unique symbol = Symbol()

/** A log that keeps the values of keys, for `from: 'latest'` in processes that begin later. */
export interface ValueLog extends EventLog {
  [keptValues](): KeptValues | PromiseLike<KeptValues>
}
