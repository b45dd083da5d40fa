// Loaded before a program of the documentation. What the program listens on becomes a free port, which is printed; a default
// export that has a `fetch` is served, as Bun, Deno and Workers do; and the addresses that it asks are servers of the test.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, Server } from 'node:net'
import { Writable } from 'node:stream'
import { pathToFileURL } from 'node:url'

interface FetchHost {
  fetch?(request: Request): Response | Promise<Response>
}

const listen = Server.prototype.listen as (this: Server, ...args: unknown[]) => Server
Server.prototype.listen = function (this: Server, ...args: unknown[]): Server {
  // A test server names its host; it is for the program itself.
  if (typeof args[1] === 'string') return listen.apply(this, args)
  this.once('listening', () => console.log(`listening at http://127.0.0.1:${(this.address() as AddressInfo).port}`))
  const [callback] = args.filter((argument) => typeof argument === 'function')
  return typeof args[0] === 'number' ? listen.call(this, 0, '127.0.0.1', callback) : listen.apply(this, args)
}

const servers = Object.entries<string>(JSON.parse(process.env.SERVERS ?? '{}'))
const { fetch } = globalThis
globalThis.fetch = (input, init) =>
  fetch(input instanceof Request ? input : servers.reduce((url, [from, to]) => url.replace(from, to), `${input}`), init)

const { default: host } = (await import(pathToFileURL(process.argv[1]!).href)) as { default?: FetchHost }
if (host?.fetch !== undefined) createServer((request, response) => answer(host, request, response)).listen(0)

async function answer(host: FetchHost, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const leaving = new AbortController()
  response.once('close', () => leaving.abort())
  const { status, headers, body } = await host.fetch!(
    new Request(`http://127.0.0.1${request.url}`, { method: request.method!, signal: leaving.signal }),
  )
  response.writeHead(status, Object.fromEntries(headers)).flushHeaders()
  await body?.pipeTo(Writable.toWeb(response)).catch(() => {}) // whoever asked has left
}
