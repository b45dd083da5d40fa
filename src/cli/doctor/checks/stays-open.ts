import { type Check, duration, fault, ok, warning } from '../finding.ts'
import { hopsOf, named } from '../hops.ts'
import { endedForGood, isCorrupt } from '../reading.ts'

/** Whether the stream ended although its server meant to continue it. */
export const staysOpen: Check = (evidence) => {
  const { stream } = evidence
  const { end, heartbeat } = stream
  if (stream.status !== 200) return undefined
  if (endedForGood(stream)) return ok('the server ended it for good')
  if (end.how === 'enough' || end.how === 'timeout') return ok(`open for ${duration(end.at)}`)
  const silence = end.at - (stream.lastByteAt ?? stream.headAt ?? 0)
  if (end.how === 'complete') {
    const means = 'Clients take this for a lost connection, and reconnect.'
    const cure = 'keep the response open; end it for good with stream.close({ final: true })'
    return warning(`the server ended it after ${duration(end.at)}`, means, cure)
  }
  // The doctor gave up on the body, and the check of the compression says so.
  if (isCorrupt(stream)) return undefined
  if (end.code === 'event-too-large') {
    const means = 'subscribe() closes for good on it, unless maxEventSize is raised.'
    return fault('an event of more than 8 MiB', means, 'send it in parts, or a link to it')
  }
  if (end.code?.startsWith('HPE_')) {
    const means = 'Clients take this for a lost connection, and reconnect.'
    return fault(`the body is not HTTP (${end.code})`, means, 'see what writes to the socket beside the response')
  }
  const hop = named(hopsOf(evidence))
  const broke = `the connection broke after ${duration(end.at)}, ${duration(silence)} of them silent at the end`
  if (heartbeat !== undefined && silence >= heartbeat)
    return fault(broke, `The server, or ${hop}, gave up.`, 'see heartbeat')
  const limit = `A hop has a time limit for silence that is shorter than the heartbeat, probably ${hop}. Or the server crashed.`
  const wanted = heartbeat === undefined ? 'a heartbeat' : `a heartbeat under ${duration(silence)}`
  return fault(broke, limit, `in nginx: proxy_read_timeout 1h\nor ${wanted}: createStream(request, { heartbeat: … })`)
}
