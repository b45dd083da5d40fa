import { joinBytes, toBytes } from '../../shared/wire/bytes.ts'
import { controlFrame, eventFrame, traceLine } from '../../shared/wire/encode.ts'
import { RESERVED_PREFIX } from '../../shared/wire/names.ts'
import type { Cursor, EventLog, LogEntry, NewEntry } from './event-log.ts'

/** Frames of consecutive entries, to be written as they are. */
export interface Frames {
  readonly bytes: Uint8Array
  readonly count: number
  /** The position of the last of them. */
  readonly last: Cursor
  /** The position to read on from, behind entries that were left out, too. */
  readonly next: Cursor
}

/** Whether a reader receives an entry, or the bytes to write before its frame when it does. */
export type Wants = (entry: Pick<NewEntry, 'topics' | 'key'>) => boolean | Uint8Array

/** The name of a method of logs that can give frames to readers without a filter, for a replay that makes no entries. */
export const framesAfter: unique symbol = Symbol()

/** A log that may give the frames after a position; `undefined` where they have to be read as entries. */
export interface FramedLog extends EventLog {
  [framesAfter](cursor: Cursor, size: number, wants: Wants): Frames | undefined
}

/** The name of the bytes of an entry, where they are made. */
export const frame: unique symbol = Symbol('frame')

/** The bytes of an entry, made once for all clients, live and replayed. */
export function frameOf(entry: LogEntry & { [frame]?: Uint8Array }): Uint8Array {
  entry[frame] ??= toBytes(frameText(entry))
  return entry[frame]
}

/** The text of an entry's frame. Entries of the log itself (`sse:end`) are kept, but never written to a client. */
export function frameText({ type, data, cursor, traceparent }: LogEntry): string {
  if (type.startsWith(RESERVED_PREFIX)) return controlFrame(type, data, cursor)
  return traceLine(traceparent, cursor) + eventFrame(type, data, false, cursor)
}

/** The bytes of some entries in one piece. */
export function joinFrames(entries: readonly LogEntry[]): Uint8Array {
  return joinBytes(entries.map(frameOf))
}
