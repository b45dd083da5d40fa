import type { Cursor, LogEntry } from '../event-log.ts'
import { toCursor } from '../position.ts'
import { unpack } from './fields.ts'

/** Replies that say that Redis is about to be there. */
const SOON = /^(LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY)\b/

/** An entry as it stands in the stream. */
export interface RangeEntry {
  readonly sequence: number
  readonly entry: LogEntry
  /** When Redis took it, by its own clock. */
  readonly at: number
}

/** The entries that Redis has after a position, and the bounds of its log. */
export interface StreamRange {
  readonly epoch: string
  readonly newest: number
  readonly oldest: number
  /** Where to read on. */
  readonly next: number
  /** The entries after the position, without holes unless superseded ones are left out; none when it is not vouched for. */
  readonly entries: readonly RangeEntry[]
}

/** Whether another try may help: the connection broke, or Redis is not ready yet. Other replies of Redis are final. */
export function isPassing(cause: unknown): boolean {
  const { name, message } = cause instanceof Error ? cause : new Error(String(cause))
  if (cause instanceof SyntaxError || cause instanceof TypeError) return false
  return (name !== 'ReplyError' && !/^[A-Z]{3,} /.test(message)) || SOON.test(message)
}

/** Reads what the script replies. */
export function streamRangeOf([epoch, newest, oldest, next, ...rest]: string[], latest: boolean): StreamRange {
  const entries = []
  const first = Number(next) - rest.length / 2 + 1
  for (let index = 0; index < rest.length; index += 2) {
    const sequence = latest ? Number(rest[index]) : first + index / 2
    const entry = unpack(rest[index + 1]!, { epoch: epoch!, sequence })
    entries.push({ sequence, entry, at: Number(rest[index]) })
  }
  return { epoch: epoch!, newest: Number(newest), oldest: Number(oldest), next: Number(next), entries }
}

/** A part of the values that Redis keeps beyond the history. */
export interface ValuePage {
  readonly upTo: Cursor
  readonly isComplete: boolean
  /** Where the next part begins; '0' behind the last one. */
  readonly cursor: string
  readonly entries: readonly LogEntry[]
}

export function valuePageOf([epoch, upTo, isComplete, cursor, ...rest]: string[]): ValuePage {
  const entries: LogEntry[] = []
  for (let index = 0; index < rest.length; index += 2) {
    const [sequence, text] = [rest[index]!, rest[index + 1]!]
    const values: [string, string][] =
      sequence === '-' ? JSON.parse(text).map((value: string[]) => value.slice(1)) : [[sequence, text]]
    for (const [at, entry] of values) entries.push(unpack(entry, { epoch: epoch!, sequence: Number(at) }))
  }
  return { upTo: toCursor(epoch!, Number(upTo)), isComplete: isComplete === '1', cursor: cursor!, entries }
}
