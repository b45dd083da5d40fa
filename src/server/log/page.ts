import { type Cursor, fromCursor, type LogEntry, type LogGap, type Page, toCursor } from './event-log.ts'

/** What a log holds: the life it is in, the position before its oldest entry, and that of its newest. */
export interface LogBounds {
  readonly epoch: string
  readonly oldest: number
  readonly newest: number
}

/**
 * The page after a cursor, or the gap that is there instead; the head without a cursor. Every log answers by this one ladder.
 *
 * @param entriesAfter is called with a sequence that the bounds cover.
 */
export function pageAfter(
  bounds: LogBounds,
  cursor: Cursor | undefined,
  entriesAfter: (sequence: number) => readonly LogEntry[],
): Page {
  const { epoch, oldest, newest } = bounds
  const page = (next: number, entries: readonly LogEntry[], reason?: LogGap): Page => ({
    status: reason === undefined ? 'ok' : 'gap',
    reason,
    entries,
    next: toCursor(epoch, next),
    oldest: toCursor(epoch, oldest),
    newest: toCursor(epoch, newest),
  })
  if (cursor === undefined) return page(newest, [])
  const position = fromCursor(cursor)
  if (position === undefined) return page(newest, [], 'malformed')
  const { sequence } = position
  if (position.epoch !== epoch) return page(newest, [], 'epoch')
  if (sequence > newest) return page(newest, [], 'ahead')
  if (sequence < oldest) return page(oldest, [], 'trimmed')
  const entries = entriesAfter(sequence)
  return page(sequence + entries.length, entries)
}
