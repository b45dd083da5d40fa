import { byteLength } from '../../../shared/wire/bytes.ts'
import type { Cursor, LogEntry, NewEntry } from '../event-log.ts'
import { toCursor } from '../position.ts'

/** An entry as it is read: `forget` is 1 or nothing. */
export type EntryRow = readonly [
  sequence: number,
  type: string,
  data: string | null,
  topics: string | null,
  key: string | null,
  forget: number | null,
]

/** The columns of every entry, and those that few need: an entry without them costs less to write. */
export const PLAIN = 'id, at, before, size, type, data'
export const ALL_COLUMNS: string = `${PLAIN}, topics, key, forget, token`

/** The size of an entry as `maxBytes` counts it. */
export function sizeOf({ type, data }: NewEntry): number {
  return byteLength(type) + byteLength(data)
}

/** Topics as JSON. Few events have a trace context, which stands behind them as `[topics, traceparent]`. */
export function listOf({ topics, traceparent }: NewEntry): string | null {
  if (traceparent !== undefined) return JSON.stringify([topics ?? null, traceparent])
  return topics === undefined ? null : JSON.stringify(topics)
}

/** An entry that was appended. */
export function logEntry({ type, data, topics, key, forget, traceparent }: NewEntry, cursor: Cursor): LogEntry {
  return { type, data, topics, key, forget, traceparent, cursor }
}

/** An entry that was read. */
export function entryOf([sequence, type, data, list, key, forget]: EntryRow, epoch: string): LogEntry {
  const [topics, traceparent] = list === null ? [] : listsOf(list)
  return {
    type,
    data: data!,
    topics: topics ?? undefined,
    key: key ?? undefined,
    forget: forget === 1 || undefined,
    traceparent,
    cursor: toCursor(epoch, sequence),
  }
}

function listsOf(list: string): [topics?: string[], traceparent?: string] {
  const parsed = JSON.parse(list)
  return parsed.length === 2 && typeof parsed[0] !== 'string' ? parsed : [parsed]
}
