import { EventwireError } from '../../shared/errors.ts'
import { TERMINAL_ID } from '../../shared/wire/names.ts'
import type { CloseReason } from './types.ts'

const WHY = {
  overflow: 'an event was sent above maxBuffer',
  stalled: 'the client consumed nothing for stallTimeout',
  expired: 'the client did not consume the last bytes within stallTimeout',
}

export type TerminationReason = keyof typeof WHY

/** The error that hosts report for the response body when a stream is terminated. */
export function terminationError(reason: TerminationReason): EventwireError {
  return new EventwireError('closed', `stream closed as ${reason}: ${WHY[reason]}`)
}

/**
 * Why a stream is closed before it begins, if it is. A client that has disconnected comes first: nothing
 * that is written reaches it.
 */
export function bornClosed(
  disconnected: boolean | undefined,
  lastEventId: string,
  signal: AbortSignal | undefined,
  method: string | undefined,
): CloseReason | undefined {
  if (disconnected) return 'client'
  if (lastEventId === TERMINAL_ID) return 'final'
  if (signal?.aborted) return 'aborted'
  return method === 'HEAD' ? 'server' : undefined
}
