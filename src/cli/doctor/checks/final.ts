import { type Check, fault, ok, unknown, warning } from '../finding.ts'
import { hopsOf, named } from '../hops.ts'
import { isEventwire, isMute } from '../reading.ts'

/** The response to a client that reconnects after the end. A 204 stops it. */
export const final: Check = (evidence) => {
  const { stream, final: answer } = evidence
  if (answer === undefined) return unknown('the stream did not end')
  if (answer.status === 204) return ok('204 for a reconnect after the end')
  if (answer.status === undefined) return unknown('no response to a reconnect after the end')
  const found = `${answer.status} for a reconnect after the end`
  if (!isEventwire(stream) && !isMute(stream)) {
    const means = 'An EventSource reconnects to a stream that is over, without end.'
    return warning(
      found,
      means,
      'respond with 204 to an id after the last event; stream.close({ final: true }) does both',
    )
  }
  const means = `The id sse:end does not reach the server, which would respond with 204. Last-Event-ID may be removed by ${named(hopsOf(evidence))}. An EventSource then reconnects without end.`
  return fault(found, means, 'see resumption')
}
