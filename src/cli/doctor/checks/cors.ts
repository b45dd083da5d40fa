import type { Evidence, Exchange } from '../evidence.ts'
import { type Check, type Finding, fault, ok, unknown } from '../finding.ts'
import { preflighted } from '../preflighted.ts'

/** Whether a page of another origin may read the stream, and may reconnect. */
export const cors: Check = (evidence) => {
  const { origin, stream, preflight } = evidence
  if (origin === undefined) return unknown('not checked', '--origin https://app.example.com')
  if (new URL(stream.url).origin === origin) return ok('the page has the origin of the stream')
  if (stream.status === undefined && stream.end.how === 'timeout') return unknown('no response to judge')
  return allowsOrigin(stream, origin, evidence, 'the response') ?? preflightOf(preflight, origin, evidence)
}

function allowsOrigin(
  { headers }: Exchange,
  origin: string,
  { headerNames }: Evidence,
  what: string,
): Finding | undefined {
  const allowed = headers['access-control-allow-origin']
  const cure = `Access-Control-Allow-Origin: ${origin}, set in one place only: by the server or by the proxy`
  if (allowed === undefined) {
    return fault(`${what} lacks Access-Control-Allow-Origin`, `A page on ${origin} cannot read the stream.`, cure)
  }
  if (allowed.includes(',')) {
    const means = 'Two hops set the header, and browsers refuse more than one value.'
    return fault(`Access-Control-Allow-Origin: ${allowed} on ${what}`, means, cure)
  }
  if (allowed === '*' && headerNames.includes('cookie')) {
    const means = 'With cookies (credentials) browsers refuse the asterisk.'
    return fault(`Access-Control-Allow-Origin: * on ${what}`, means, `${cure}\nAccess-Control-Allow-Credentials: true`)
  }
  if (allowed !== '*' && allowed !== origin) {
    return fault(`Access-Control-Allow-Origin: ${allowed} on ${what}`, `That is not ${origin}.`, cure)
  }
  return undefined
}

function preflightOf(preflight: Exchange | undefined, origin: string, evidence: Evidence): Finding {
  const names = preflighted(['Last-Event-ID', ...evidence.headerNames])
  const means = `subscribe() sends ${names.join(' and ')}, for which a browser asks first: its first connection or its reconnects fail. EventSource needs no preflight.`
  const cure = `respond to OPTIONS with 204 and
  Access-Control-Allow-Origin: ${origin}
  Access-Control-Allow-Headers: ${names.join(', ')}${names.length > 1 ? '' : "\nor subscribe(url, { cursorIn: 'query' })"}`
  if (preflight?.status === undefined) return fault('no response to the preflight', means, cure)
  if (preflight.status < 200 || preflight.status > 299) {
    return fault(`the preflight gets ${preflight.status}`, means, cure)
  }
  const refused = allowsOrigin(preflight, origin, evidence, 'the preflight')
  if (refused !== undefined) return refused
  const allowed = preflighted(
    (preflight.headers['access-control-allow-headers'] ?? '').split(',').map((name) => name.trim()),
  )
  const missing = names.filter(
    (name) => !allowed.includes(name) && (name === 'authorization' || !allowed.includes('*')),
  )
  if (missing.length > 0) return fault(`the preflight refuses ${missing.join(' and ')}`, means, cure)
  return ok(`a page on ${origin} may read the stream and reconnect`)
}
