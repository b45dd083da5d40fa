import { parseCursor } from '../../shared/wire/cursor.ts'
import type { Cursor, LogEntry } from './event-log.ts'

/** A position taken apart. */
export interface Position {
  /** The life of the log: up to 32 digits and small letters. */
  readonly epoch: string
  /** How many entries that life had up to here. */
  readonly sequence: number
}

/**
 * Puts a position into its text, for a log of one's own.
 *
 * @example
 * import { toCursor } from 'eventwire/server'
 *
 * console.log(toCursor('k3x9q1', 82)) // -> k3x9q1.2a
 */
export function toCursor(epoch: string, sequence: number): Cursor {
  return `${epoch}.${sequence.toString(36)}`
}

/**
 * Takes a cursor apart; `undefined` for any other text, which a client may send.
 *
 * @example
 * import { fromCursor } from 'eventwire/server'
 *
 * console.log(fromCursor('k3x9q1.2a')) // -> { epoch: 'k3x9q1', sequence: 82 }
 * console.log(fromCursor('7')) // -> undefined
 */
export function fromCursor(cursor: Cursor): { readonly epoch: string; readonly sequence: number } | undefined {
  return parseCursor(cursor)
}

/** Compares two positions of one life, for sorting. */
export function byPosition({ cursor: one }: LogEntry, { cursor: other }: LogEntry): number {
  return fromCursor(one)!.sequence - fromCursor(other)!.sequence
}

/** Whether a cursor lies behind another one of the same life, later in the log. */
export function isAhead(cursor: Cursor, other: Cursor): boolean {
  const [ours, theirs] = [fromCursor(cursor), fromCursor(other)]
  return ours !== undefined && theirs !== undefined && ours.epoch === theirs.epoch && ours.sequence > theirs.sequence
}

/** A name for a new life of a log: 64 random bits. */
export function newEpoch(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(2)), (part) => part.toString(36)).join('')
}
