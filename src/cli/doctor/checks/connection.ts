import type { Exchange } from '../evidence.ts'
import { type Check, duration, fault, ok } from '../finding.ts'

/** Whether the server can be reached at all. */
export const connection: Check = ({ stream, redirects, limits }) => {
  const { end, reachedAt, connectedAt, status } = stream
  if (connectedAt !== undefined && (status !== undefined || end.how === 'timeout')) {
    return ok(`${new URL(stream.url).host}, after ${duration(connectedAt)}`)
  }
  const where = redirects.length === 0 ? stream.url : `${stream.url}, where ${redirects.at(-1)!.from} leads`
  if (end.how === 'timeout' && reachedAt !== undefined) {
    const means = 'The port accepts connections, and nothing responds to TLS. It may expect http, or its process hangs.'
    const cure = `try ${stream.url.replace('https:', 'http:')}; or see the log of the server`
    return fault(`no TLS handshake with ${where} within ${duration(limits.timeout)}`, means, cure)
  }
  if (end.how === 'timeout') {
    const means = 'No connection was made, so this is the network or a firewall and not the stream.'
    return fault(`no connection to ${where} within ${duration(limits.timeout)}`, means, 'check the host and the port')
  }
  const { means, cure } = causeOf(stream)
  return fault(`no response from ${where} (${end.code ?? end.message})`, means, cure)
}

interface Cause {
  readonly means: string
  readonly cure: string
}

function causeOf({ url, end: { code = '', message = '' } }: Exchange): Cause {
  if (code === 'ECONNREFUSED') {
    return { means: 'Nothing listens on that port.', cure: 'start the server, or give the port that it listens on' }
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return { means: 'The name of the host does not resolve.', cure: 'check the name of the host' }
  }
  if (url.startsWith('https:') && /wrong version|packet length|EPROTO/i.test(`${code} ${message}`)) {
    return { means: 'The port does not speak TLS.', cure: `try ${url.replace('https:', 'http:')}` }
  }
  if (/CERT|SIGN|ALTNAME|ISSUER/.test(code)) {
    const cure =
      'give the server a certificate that clients trust; for a private authority set NODE_EXTRA_CA_CERTS=ca.pem'
    return { means: `The certificate is refused: ${message}.`, cure }
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    const means = 'The head of the response is over 16 KiB. Node refuses it, and most proxies do.'
    return { means, cure: 'send fewer or shorter headers, cookies above all' }
  }
  if (code.startsWith('HPE_')) return { means: 'The response is not HTTP.', cure: 'check the port' }
  const means = `The connection ended before a response: ${message}.`
  return {
    means,
    cure: url.startsWith('http:')
      ? `if the port speaks TLS, try ${url.replace('http:', 'https:')}`
      : 'see the log of the server',
  }
}
