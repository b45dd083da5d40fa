import { type Check, duration, fault, ok } from '../finding.ts'
import { hopsOf, named } from '../hops.ts'
import { isMute } from '../reading.ts'

/** Only a 200 is a stream. */
export const status: Check = (evidence) => {
  const { stream, limits, final } = evidence
  if (isMute(stream) && final?.status === undefined) {
    const means = 'The server took the request and sends nothing, not even a head, on any request.'
    const cure = 'send the head at once, as createStream() does; see whether the handler awaits something first'
    return fault(`no response within ${duration(limits.timeout)}`, means, cure)
  }
  if (stream.status === undefined) return undefined
  if (stream.status === 200) return ok('200')
  const text = stream.excerpt.trim()
  const found = `${stream.status}${text === '' ? '' : `: ${firstLine(text)}`}`
  return fault(found, meaningOf(stream.status), cureOf(stream.status, named(hopsOf(evidence))))
}

function firstLine(text: string): string {
  const line = text.split(/[\r\n]/, 1)[0]!
  return line.length > 100 ? `${line.slice(0, 100)}…` : line
}

function meaningOf(status: number): string {
  if (status === 101) return 'The server changes to another protocol, such as that of WebSocket.'
  if (status === 204) return 'The server says that the stream is over, and clients stop.'
  if (status >= 300 && status < 400)
    return 'The redirect cannot be followed: it leads nowhere, in a circle, or to another scheme.'
  if (status >= 500)
    return 'The server, or a hop before it, cannot respond now. EventSource gives up on this; subscribe() retries.'
  return 'This is not a stream, and clients do not retry it.'
}

function cureOf(status: number, hop: string): string {
  if (status === 401 || status === 403) return "send the credential: -H 'Authorization: Bearer …' or -H 'Cookie: …'"
  if (status === 404) return 'check the path; behind a proxy, check which paths it passes on'
  if (status === 405) return 'the route must respond to GET'
  if (status >= 500) return `see the log of the server, and of ${hop}`
  return 'check the URL'
}
