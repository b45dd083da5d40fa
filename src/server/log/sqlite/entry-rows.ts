import { byteLength } from '../../../shared/wire/bytes.ts'
import { type Cursor, type LogEntry, type NewEntry, toCursor } from '../event-log.ts'
import type { Value } from './driver.ts'

/** An entry as it is read: `forget` is 1 or nothing. */
export type EntryRow = readonly [
  sequence: number,
  type: string,
  data: string | null,
  topics: string | null,
  key: string | null,
  forget: number | null,
]

/** The columns of every entry, and those that few have. */
export const PLAIN = 'id, at, before, size, type, data'
export const ALL_COLUMNS: string = `${PLAIN}, topics, key, forget, token`

/** The size of an entry as `maxBytes` counts it. */
export function sizeOf({ type, data }: NewEntry): number {
  return byteLength(type) + byteLength(data)
}

/** Whether an entry needs the columns of `PLAIN` only, which cost less to write. */
export function isPlain({ topics, key, forget, traceparent }: NewEntry): boolean {
  return (topics ?? key ?? traceparent) === undefined && !forget
}

/** The values of topics, key and forget. */
export function othersOf(entry: NewEntry): readonly Value[] {
  return [listOf(entry), entry.key ?? null, entry.forget ? 1 : 0]
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

/** Topics as JSON. Few events have a trace context, which stands behind them as `[topics, traceparent]`. */
function listOf({ topics, traceparent }: NewEntry): string | null {
  if (traceparent !== undefined) return JSON.stringify([topics ?? null, traceparent])
  return topics === undefined ? null : JSON.stringify(topics)
}

function listsOf(list: string): [topics?: string[], traceparent?: string] {
  const parsed = JSON.parse(list)
  return parsed.length === 2 && typeof parsed[0] !== 'string' ? parsed : [parsed]
}
