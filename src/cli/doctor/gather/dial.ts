import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'

/** A connection, and the version of HTTP to speak on it. */
export interface Line {
  readonly socket: Socket
  readonly http2: boolean
}

/** The protocols that a browser offers to a server on https. */
const ALPN = ['h2', 'http/1.1']

/** Opens a connection as a browser does: on https the server may choose HTTP/2. `onReached` is called before TLS begins. */
export async function dial(url: URL, signal: AbortSignal, onReached: () => void): Promise<Line> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const secure = url.protocol === 'https:'
  const port = Number(url.port || (secure ? 443 : 80))
  // A name in a certificate is never an address.
  const servername = isIP(host) === 0 ? { servername: host } : {}
  const socket = secure
    ? connectTls({ host, port, ...servername, ALPNProtocols: ALPN })
    : connectTcp({ host, port, noDelay: true })
  socket.once('connect', onReached)
  await established(socket, secure ? 'secureConnect' : 'connect', signal)
  return { socket, http2: secure && (socket as TLSSocket).alpnProtocol === 'h2' }
}

function established(socket: Socket, event: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => socket.destroy(new Error('timeout'))
    socket.once(event, () => {
      signal.removeEventListener('abort', abort)
      socket.off('error', reject)
      resolve()
    })
    socket.once('error', reject)
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted) abort()
  })
}
