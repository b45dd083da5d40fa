import { toBytes } from '../../shared/wire/bytes.ts'
import { type Controls, controlFrame } from '../../shared/wire/encode.ts'
import type { GapReason } from '../../shared/wire/gap.ts'
import { CURSOR_EVENT, GAP_EVENT } from '../../shared/wire/names.ts'
import type { Cursor } from '../log/event-log.ts'

/** A reader's own position. */
export function cursorFrame(cursor: Cursor, controls: Controls): Uint8Array {
  return toBytes(controlFrame(CURSOR_EVENT, '{}', cursor, controls))
}

/**
 * Reports a gap, with the position where reading resumes unless a snapshot follows. A comment has the position too, so that our
 * client knows it at once.
 *
 * @param block - Whether the position is also the id of this frame.
 */
export function gapFrame(
  reason: GapReason,
  oldest: Cursor,
  next: Cursor | undefined,
  controls: Controls,
  block: boolean,
): Uint8Array {
  const data = { reason, oldest, id: controls === 'comments' ? next : undefined }
  return toBytes(controlFrame(GAP_EVENT, JSON.stringify(data), block ? next : undefined, controls))
}
