import type { LogEntry } from '../log/event-log.ts'

/** The approximate bytes of an entry in addition to its texts. */
const OVERHEAD = 256

/** The newest entry of a name, key and list of topics. */
export interface Value {
  readonly entry: LogEntry
  readonly sequence: number
}

/** Bytes of an entry in memory, approximately. */
export function sizeOf(entry: LogEntry | undefined): number {
  return entry ? 2 * `${entry.data}${entry.key}${entry.topics}`.length + OVERHEAD : 0
}

/** Copies an entry: an entry of a log may be a view that holds a part of the history in memory. */
export function detached({ type, data, topics, key, forget, cursor }: LogEntry): LogEntry {
  return { type, data, topics, key, forget, cursor }
}

export function hasSameTopics({ topics: one }: LogEntry, { topics: other }: LogEntry): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
