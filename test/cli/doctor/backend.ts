import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Channel, createChannel } from '../../../src/server/index.ts'
import { respond } from '../../../src/server/node/index.ts'

type Events = { tick: string }

/** The origin that the backend allows. */
export const ORIGIN = 'https://app.example.com'
const HEARTBEAT = 100

/** The server that stands behind the proxies: its paths are good or bad streams, each with a channel for each `?name`. */
export interface Backend {
  readonly port: number
  close(): Promise<void>
}

export async function startBackend(): Promise<Backend> {
  const channels = new Map<string, Channel<Events>>()
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, 'http://backend')
    const route = ROUTES[pathname.slice(1)] ?? notFound
    route(request, response, (heartbeat) => {
      const key = `${request.headers['x-site']} ${pathname}`
      const channel = channels.get(key) ?? createChannel<Events>({ stream: { heartbeat } })
      channels.set(key, channel)
      return channel
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port, close: () => closed(server) }
}

type ChannelFor = (heartbeat: number) => Channel<Events>
type Route = (request: IncomingMessage, response: ServerResponse, channelFor: ChannelFor) => void

const ROUTES: Record<string, Route> = {
  /** A channel, whose client finds three events after it has connected. */
  events(request, response, channelFor) {
    if (preflight(request, response, true)) return
    stream(request, response, channelFor(HEARTBEAT), 'short')
  },
  /** Its preflights are refused. */
  unasked(request, response, channelFor) {
    if (preflight(request, response, false)) return
    stream(request, response, channelFor(HEARTBEAT), 'short')
  },
  /** Events of 3 kB, with which buffers fill up. */
  large(request, response, channelFor) {
    stream(request, response, channelFor(HEARTBEAT), 'large '.repeat(500))
  },
  /** A heartbeat that is longer than the patience of a hop. */
  calm(request, response, channelFor) {
    stream(request, response, channelFor(60_000), 'short')
  },
  /** By hand, and right: ids, a replay, comments while nothing is sent. */
  handmade(request, response) {
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-cache, no-transform',
      'X-Accel-Buffering': 'no',
    })
    response.write(':\n\n')
    for (let id = Number(request.headers['last-event-id'] ?? 0) + 1; id <= 3; id++)
      response.write(`id: ${id}\ndata: x\n\n`)
    const timer = setInterval(() => response.write(': still here\n\n'), HEARTBEAT)
    response.on('close', () => clearInterval(timer))
  },
  /** By hand: a block of events in one write, then silence. Compressors take an interest in so many bytes. */
  block(_, response) {
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-cache',
      'X-Accel-Buffering': 'no',
    })
    response.write('data: block\n\n'.repeat(500))
  },
  /** Takes the request and never responds. */
  never() {},
  /** Ends, and lets a cache keep it. */
  finite(_, response) {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' }).end('id: 1\ndata: one\n\n')
  },
  /** By hand: it numbers its events, forgets them, ends, and begins again for each client. */
  forgetful(_, response) {
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    })
    response.end('id: 1\ndata: one\n\nid: 2\ndata: two\n\n')
  },
}

function stream(request: IncomingMessage, response: ServerResponse, channel: Channel<Events>, text: string): void {
  if (request.headers.origin === ORIGIN) response.setHeader('Access-Control-Allow-Origin', ORIGIN)
  respond(channel, request, response)
  if (request.headers['last-event-id'] !== undefined) return
  for (let count = 0; count < 3; count++) channel.publish('tick', text)
}

function preflight({ method }: IncomingMessage, response: ServerResponse, allowed: boolean): boolean {
  if (method !== 'OPTIONS') return false
  const headers = { 'Access-Control-Allow-Origin': ORIGIN, 'Access-Control-Allow-Headers': 'Last-Event-ID' }
  response.writeHead(allowed ? 204 : 405, allowed ? headers : {}).end()
  return true
}

function notFound(_: IncomingMessage, response: ServerResponse): void {
  response.writeHead(404, { 'Content-Type': 'text/plain' }).end('no such path\n')
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
