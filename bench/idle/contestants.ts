import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { contestants as fanout } from '../fanout/contestants.ts'

/** The response headers of Eventwire, sent by the floor too: with fewer, the difference would count bytes and not the library. */
const HEAD = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-cache, no-transform',
  'X-Accel-Buffering': 'no',
  Incremental: '?1',
}
const FIRST = Buffer.from(': heartbeat=15000\n')

interface Listening {
  readonly port: number
  readonly path?: string
}

async function nodeServer(answer: Parameters<typeof createServer>[1]): Promise<Listening> {
  const server = createServer(answer as never).listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
  await new Promise((resolve) => server.once('listening', resolve))
  return { port: (server.address() as AddressInfo).port }
}

async function fetchServer(fetch: (request: Request) => Response): Promise<Listening> {
  const { serve } = await import('srvx')
  const server = serve({ port: 0, hostname: '127.0.0.1', silent: true, fetch })
  await server.ready()
  return { port: Number(new URL(server.url!).port) }
}

/** Streams that are opened and then left alone, each with the heartbeat that its library has by default. */
export const contestants: Record<string, () => Promise<Listening>> = {
  'floor: bare response': () =>
    nodeServer((_: unknown, response: import('node:http').ServerResponse) => {
      response.writeHead(200, { ...HEAD, Connection: 'close' }).write(FIRST)
    }),

  async 'eventwire stream'() {
    const { createStream } = await import('../../dist/server/node/index.js')
    return nodeServer((request: never, response: never) => {
      createStream(request, response)
    })
  },

  'eventwire channel': fanout.eventwire!,

  'floor: srvx, plain stream': () =>
    fetchServer(
      () =>
        new Response(new ReadableStream({ start: (controller) => controller.enqueue(FIRST) }), {
          headers: HEAD,
        }),
    ),

  async 'eventwire stream, Fetch on srvx'() {
    const { createStream } = await import('../../dist/server/index.js')
    return fetchServer((request) => createStream(request).response)
  },

  'eventwire channel, Fetch on srvx': fanout['eventwire, Fetch on srvx']!,
  'better-sse': fanout['better-sse']!,
  hono: fanout.hono!,
  h3: fanout.h3!,
  '@fastify/sse': fanout['@fastify/sse']!,
  tRPC: fanout.tRPC!,
}
