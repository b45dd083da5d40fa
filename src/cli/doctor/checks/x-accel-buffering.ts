import { type Check, ok, warning } from '../finding.ts'
import { hopsOf } from '../hops.ts'

/** Whether nginx, which buffers by default, is asked not to. */
export const xAccelBuffering: Check = (evidence) => {
  const { stream } = evidence
  if (stream.status !== 200) return undefined
  const value = stream.headers['x-accel-buffering']
  if (value?.trim().toLowerCase() === 'no') return ok('no')
  const cure = 'X-Accel-Buffering: no, which createStream() sends'
  if (value !== undefined) return warning(value, 'This makes nginx buffer the stream.', cure)
  const hops = hopsOf(evidence)
  // nginx obeys the header and keeps it to itself. Other hops may drop it.
  if (hops.some(({ kind }) => kind === 'nginx')) return ok('not seen: nginx keeps it to itself')
  if (hops.length > 0) return ok('not seen, and no nginx either')
  return warning('missing', 'An nginx in front of this server would buffer the stream.', cure)
}
