import type { GapReason } from '../../shared/wire/gap.ts'
import type { Cursor, LogEntry, Page } from './event-log.ts'
import { fromCursor, toCursor } from './position.ts'

/** The bounds of a log: its epoch, the position before its oldest entry, and that of its newest. */
export interface LogBounds {
  readonly epoch: string
  readonly oldest: number
  readonly newest: number
}

/** Entries, and the position to read on from. */
export interface Part {
  readonly entries: readonly LogEntry[]
  readonly next: number
}

/**
 * The page after a cursor, or the gap that is there instead; the head without a cursor, or with `latest` the entries from the
 * oldest on. Every log pages by this one ladder.
 *
 * @param partAfter is called with a sequence that the bounds cover.
 */
export function pageAfter(
  bounds: LogBounds,
  cursor: Cursor | undefined,
  latest: boolean,
  partAfter: (sequence: number) => Part,
): Page {
  const { epoch, oldest, newest } = bounds
  const page = (next: number, entries: readonly LogEntry[], reason?: GapReason): Page => ({
    status: reason === undefined ? 'ok' : 'gap',
    reason,
    entries,
    next: toCursor(epoch, next),
    oldest: toCursor(epoch, oldest),
    newest: toCursor(epoch, newest),
  })
  if (cursor === undefined && !latest) return page(newest, [])
  const position = cursor === undefined ? { epoch, sequence: oldest } : fromCursor(cursor)
  if (position === undefined) return page(newest, [], 'malformed')
  const { sequence } = position
  if (position.epoch !== epoch) return page(newest, [], 'epoch')
  if (sequence > newest) return page(newest, [], 'ahead')
  if (sequence < oldest) return page(oldest, [], 'trimmed')
  const { next, entries } = partAfter(sequence)
  return page(next, entries)
}
