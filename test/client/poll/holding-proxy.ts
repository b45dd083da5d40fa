import { createServer, request } from 'node:http'
import { listen } from '../../node/listen.ts'

/** A proxy that holds responses back until they are whole, and can stop doing so. */
export interface HoldingProxy {
  readonly url: string
  /** Whether it holds back. */
  holds: boolean
  /** The URLs that it was asked for, as text after the path. */
  readonly queries: string[]
  /** Cuts all connections. */
  cut(): void
}

/** Starts a proxy before a server at a port; `sent` limits how many bytes it passes on at once, as a buffer does. */
export async function holdingProxy(portOf: () => number): Promise<HoldingProxy> {
  const proxy = { url: '', holds: true, queries: [] as string[], cut: () => {} }
  const server = createServer((incoming, outgoing) => {
    proxy.queries.push(new URL(incoming.url!, 'http://localhost').search)
    const { method, headers, url } = incoming
    const upstream = request({ port: portOf(), host: '127.0.0.1', method, path: url, headers }, (response) => {
      const { statusCode, headers } = response
      if (!proxy.holds) {
        outgoing.writeHead(statusCode!, headers)
        response.pipe(outgoing)
        return
      }
      const chunks: Uint8Array[] = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('end', () => {
        const { 'transfer-encoding': _, connection: __, ...kept } = headers
        outgoing.writeHead(statusCode!, kept).end(Buffer.concat(chunks))
      })
    })
    upstream.on('error', () => outgoing.destroy())
    outgoing.on('close', () => upstream.destroy())
    incoming.pipe(upstream)
  })
  const port = await listen(server)
  proxy.url = `http://127.0.0.1:${port}/events`
  proxy.cut = () => server.closeAllConnections()
  return proxy
}
