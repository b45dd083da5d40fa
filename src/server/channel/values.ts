import type { LogEntry } from '../log/event-log.ts'

/** The approximate bytes of a value in addition to its text. */
const OVERHEAD = 256

/** The newest entry of a name, key and list of topics. */
export interface Value {
  readonly entry: LogEntry
  readonly sequence: number
}

/** Bytes in memory, approximately. */
export function sizeOf(values: readonly Value[]): number {
  return values.reduce((size, { entry }) => size + entry.data.length * 2 + OVERHEAD, 0)
}

/** Copies an entry: an entry of a log may be a view that holds a part of the history in memory. */
export function detached({ type, data, topics, key, forget, cursor }: LogEntry): LogEntry {
  return { type, data, topics, key, forget, cursor }
}

export function hasSameTopics({ topics: one }: LogEntry, { topics: other }: LogEntry): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other)
}
