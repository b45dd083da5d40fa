import { EventwireError } from '../../shared/errors.ts'

const WHY = {
  overflow: 'it was sent to again while it was full',
  stalled: 'the client took nothing for stallTimeout',
  expired: 'the client did not take the last bytes within stallTimeout',
}

export type CutReason = keyof typeof WHY

/** Why a connection is cut: hosts see it as the error of the body. */
export function cutError(reason: CutReason): EventwireError {
  return new EventwireError('closed', `stream closed as ${reason}: ${WHY[reason]}`)
}
