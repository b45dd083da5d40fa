import { type Check, ok, warning } from '../finding.ts'
import { hopsOf } from '../hops.ts'

const FEW_STREAMS = 20
const TABS = 'Browsers open six connections to a host, for all tabs together: the seventh stream waits.'
const HTTP2 = {
  nginx: 'in nginx: listen 443 ssl http2; (from 1.25.1 on: http2 on;)',
  other: 'offer h2 by ALPN where TLS ends',
}

/** How many streams a browser can have. */
export const httpVersion: Check = (evidence) => {
  const { stream } = evidence
  if (stream.status === undefined) return undefined
  const { httpVersion: version, maxStreams } = stream
  const { protocol, hostname } = new URL(stream.url)
  if (version === '1.0') {
    const means = 'HTTP/1.0 has no chunks, so a stream that broke looks like one that ended.'
    return warning('HTTP/1.0', means, 'respond with HTTP/1.1')
  }
  if (version === '2') {
    const found = maxStreams === undefined ? 'HTTP/2' : `HTTP/2, ${maxStreams} streams to a connection`
    if (maxStreams === undefined || maxStreams >= FEW_STREAMS) return ok(found)
    return warning(found, 'All tabs of a browser share one connection.', 'allow at least 100 streams to a connection')
  }
  if (protocol === 'http:' && isLocal(hostname)) return ok('HTTP/1.1 on this machine; six connections to a browser')
  if (protocol === 'http:')
    return warning('HTTP/1.1 without TLS', TABS, 'serve https with HTTP/2; browsers have no HTTP/2 without TLS')
  const nginx = hopsOf(evidence).some(({ kind }) => kind === 'nginx')
  return warning(
    'HTTP/1.1, and the server does not offer HTTP/2',
    TABS,
    `${nginx ? HTTP2.nginx : HTTP2.other}\nor createHub(url, { share: 'tabs' })`,
  )
}

function isLocal(hostname: string): boolean {
  return /^(localhost|.+\.localhost|127\..+|\[::1\])$/.test(hostname)
}
