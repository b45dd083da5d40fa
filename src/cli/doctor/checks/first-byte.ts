import { type Check, duration, fault, ok, unknown, warning } from '../finding.ts'
import { hopsOf, named } from '../hops.ts'
import { isMute } from '../reading.ts'

/** The time to the first byte of the body. */
export const firstByte: Check = (evidence) => {
  const { stream, limits } = evidence
  const { firstByteAt, end } = stream
  if (firstByteAt !== undefined) {
    const found = `after ${duration(firstByteAt)}`
    if (firstByteAt <= limits.slow) return ok(found)
    const means = 'A page shows its stream as connecting until then.'
    return warning(found, means, 'write a comment as soon as the stream opens, as createStream() does')
  }
  if (isMute(stream)) {
    const found = `none within ${duration(limits.timeout)}, although the server responds to other requests`
    return fault(found, `The stream is held back by ${named(hopsOf(evidence))}.`, 'see buffering')
  }
  if (end.how === 'complete') return unknown('the response ended without a byte')
  const found = `none within ${duration(end.at)}`
  const means = 'The stream is quiet, or something holds its beginning back.'
  return warning(found, means, 'write a comment as soon as the stream opens, as createStream() does')
}
