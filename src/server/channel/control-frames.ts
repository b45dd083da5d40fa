import { toBytes } from '../../shared/wire/bytes.ts'
import { controlFrame } from '../../shared/wire/encode.ts'
import type { GapReason } from '../../shared/wire/gap.ts'
import { CURSOR_EVENT, GAP_EVENT } from '../../shared/wire/names.ts'
import type { Cursor } from '../log/event-log.ts'

/** A reader's own position. */
export function cursorFrame(cursor: Cursor): Uint8Array {
  return toBytes(controlFrame(CURSOR_EVENT, '{}', cursor))
}

/** Reports a gap, with the position where reading resumes unless a snapshot follows. */
export function gapFrame(reason: GapReason, oldest: Cursor, next: Cursor | undefined): Uint8Array {
  return toBytes(controlFrame(GAP_EVENT, JSON.stringify({ reason, oldest }), next))
}
