import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { reasonOf } from '../shared/errors.ts'
import { pathOf, urlMatcher } from './match-url.ts'
import type { Connection } from './test-connection.ts'

/** A listener on a port: what `listen()` adds to a test server. */
interface Listener {
  readonly url: string
  readonly close: () => Promise<void>
}

/** The part of a test server that takes requests. */
interface Acceptor {
  /** The option `url` of the server. */
  readonly only: string | URL | ((url: URL) => boolean) | undefined
  readonly accept: (request: Request, signal: AbortSignal) => Connection
}

/** A name in a variable: bundlers for browsers would look for the module, and it is only there where a server can listen. */
const NODE_HTTP = 'node:http'

/** Serves the connections of a test server over HTTP/1.1. */
export async function listen(
  { only, accept }: Acceptor,
  { port = 0, host = '127.0.0.1' }: { readonly port?: number | undefined; readonly host?: string | undefined } = {},
): Promise<Listener> {
  const { createServer } = (await import(/* @vite-ignore */ NODE_HTTP)) as typeof import('node:http')
  const connections = new Set<Connection>()
  let origin = ''
  // An absolute URL of the option stands for another server, which this one takes the place of: only its path counts.
  const matches = urlMatcher(typeof only === 'function' ? only : pathOf(only))
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const target = request.url ?? '/'
    const url = orRefuse(400, `${target} is not a URL`, () => addressOf(target, origin))
    if (!orRefuse(500, 'the function url threw', () => matches(url)))
      throw new Refusal(404, `the test server has no stream at ${target}`)
    if (request.headers['access-control-request-method'] !== undefined)
      return void response.writeHead(204, corsHeaders(request)).end()
    const leaving = new AbortController()
    response.once('close', () => leaving.abort())
    const body = await bytesOf(request).catch(() => undefined)
    if (body === undefined || leaving.signal.aborted) return
    const received = orRefuse(400, 'fetch cannot make this request', () => requestOf(request, url, body))
    const connection = accept(received, leaving.signal)
    connections.add(connection)
    void connection.closed.then(() => connections.delete(connection))
    await respond(request, response, connection.response).catch(() => response.destroy())
  }
  const server = createServer((request, response) => {
    serve(request, response).catch((error) => {
      const { status = 500 } = error as Partial<Refusal>
      response.writeHead(status, { 'Content-Type': 'text/plain' }).end(`${reasonOf(error)}\n`)
    })
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve))
  origin = `http://${host.includes(':') ? `[${host}]` : host}:${(server.address() as AddressInfo).port}`
  const close = () =>
    new Promise<void>((resolve) => {
      for (const connection of connections) connection.break()
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return { url: addressOf(pathOf(only) ?? '/', origin).href, close }
}

/** The response to a request that does not become a connection. */
class Refusal extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** @throws {Refusal} when the task throws, with its reason. */
function orRefuse<Result>(status: number, message: string, task: () => Result): Result {
  try {
    return task()
  } catch (error) {
    throw new Refusal(status, `${message}: ${reasonOf(error)}`)
  }
}

/** A path may begin with two slashes, which would name a host if it were resolved. */
function addressOf(target: string, origin: string): URL {
  return target.startsWith('/') ? new URL(origin + target) : new URL(target, origin)
}

async function bytesOf(request: IncomingMessage): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  for await (const chunk of request) chunks.push(chunk)
  return new Uint8Array(await new Blob(chunks as Uint8Array<ArrayBuffer>[]).arrayBuffer())
}

function requestOf({ method = 'GET', rawHeaders }: IncomingMessage, url: URL, body: Uint8Array<ArrayBuffer>): Request {
  const headers = new Headers()
  for (let at = 0; at < rawHeaders.length; at += 2) headers.append(rawHeaders[at]!, rawHeaders[at + 1]!)
  return new Request(url, { method, headers, ...(body.length > 0 && { body }) })
}

/** Writes the response as the test gives it; rejects when the test breaks it, after everything before has left. */
async function respond(request: IncomingMessage, response: ServerResponse, given: Promise<Response>): Promise<void> {
  const { status, headers, body } = await given
  for (const [name, value] of Object.entries(corsHeaders(request, headers))) response.setHeader(name, value)
  for (const [name, value] of headers) {
    if (name === 'set-cookie') response.appendHeader(name, value)
    else response.setHeader(name, value)
  }
  response.writeHead(status).flushHeaders()
  if (body !== null) {
    const reader = body.getReader()
    for (let next = await reader.read(); !next.done; next = await reader.read()) await write(response, next.value)
  }
  response.end()
}

/** Resolves when the bytes have left for the socket, or the client has disconnected. */
function write(response: ServerResponse, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    response.once('close', resolve)
    response.write(bytes, () => {
      response.off('close', resolve)
      resolve()
    })
  })
}

/** Lets every page read the response, whichever server it came from, with its cookies. */
function corsHeaders({ headers }: IncomingMessage, given?: Headers): Record<string, string> {
  const { origin } = headers
  if (origin === undefined) return {}
  const allowed = { 'Access-Control-Allow-Origin': origin, 'Access-Control-Allow-Credentials': 'true', Vary: 'Origin' }
  if (given !== undefined) return { ...allowed, 'Access-Control-Expose-Headers': [...given.keys()].join(', ') }
  return {
    ...allowed,
    'Access-Control-Allow-Methods': headers['access-control-request-method']!,
    'Access-Control-Allow-Headers': headers['access-control-request-headers'] ?? '',
    'Access-Control-Allow-Private-Network': 'true',
  }
}
