import type { ClientHttp2Session } from 'node:http2'

/** The head of an HTTP/2 response and its text, up to and with a piece that it is sure to have. */
export async function readHttp2(session: ClientHttp2Session, piece: string) {
  const request = session.request({ ':path': '/' })
  const head = new Promise<Record<string, unknown>>((resolve) => {
    request.once('response', (headers) => resolve({ ...headers }))
  })
  let wire = ''
  for await (const chunk of request.setEncoding('utf8')) {
    wire += chunk
    if (wire.includes(piece)) break
  }
  return { head: await head, wire }
}
