import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { payload } from '../fanout/protocol.ts'

/** A server with one client: it sends so many events as fast as the client takes them. */
export interface Contestant {
  readonly port: number
  /** The path that its client requests. @default '/' */
  readonly path?: string
  send(count: number): Promise<void>
}

const HEAD = { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' }
/** Where a library says nothing of a full connection, the loop breathes after so many events. */
const BREATH = 256
const breathe = () => new Promise(setImmediate)

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function srvx(fetch: (request: Request) => Response): Promise<number> {
  const { serve } = await import('srvx')
  const server = serve({ port: 0, hostname: '127.0.0.1', silent: true, fetch })
  await server.ready()
  return Number(new URL(server.url!).port)
}

/** Each as its own documentation advises: a promise is awaited wherever sending answers one. */
export const contestants: Record<string, () => Promise<Contestant>> = {
  async 'floor: res.write'() {
    let response: ServerResponse
    const server = createServer((_, own) => {
      response = own
      own.writeHead(200, HEAD).write(':\n\n')
    })
    return {
      port: await listening(server),
      async send(count) {
        for (let n = 0; n < count; n++) {
          const room = response.write(Buffer.from(`event: note\ndata: ${JSON.stringify(payload(n))}\n\n`))
          if (!room) await once(response, 'drain')
        }
      },
    }
  },

  async eventwire() {
    const { createStream } = await import('../../dist/server/node/index.js')
    let stream: ReturnType<typeof createStream<{ note: unknown }>>
    const server = createServer((request, response) => {
      stream = createStream<{ note: unknown }>(request, response)
    })
    return {
      port: await listening(server),
      async send(count) {
        for (let n = 0; n < count; n++) {
          if (!stream.send('note', payload(n))) await stream.ready()
        }
      },
    }
  },

  async 'eventwire, Fetch on srvx'() {
    const { createStream } = await import('../../dist/server/index.js')
    let stream: ReturnType<typeof createStream<{ note: unknown }>>
    const port = await srvx((request) => {
      stream = createStream<{ note: unknown }>(request)
      return stream.response
    })
    return {
      port,
      async send(count) {
        for (let n = 0; n < count; n++) {
          if (!stream.send('note', payload(n))) await stream.ready()
        }
      },
    }
  },

  async 'better-sse'() {
    const { createSession } = await import('better-sse')
    let session: Awaited<ReturnType<typeof createSession>>
    const server = createServer(async (request, response) => {
      session = await createSession(request, response)
    })
    return {
      port: await listening(server),
      async send(count) {
        for (let n = 0; n < count; n++) {
          session.push(payload(n), 'note')
          if (n % BREATH === 0) await breathe()
        }
      },
    }
  },

  async hono() {
    const { Hono } = await import('hono')
    const { streamSSE } = await import('hono/streaming')
    const { serve } = await import('@hono/node-server')
    let stream: import('hono/streaming').SSEStreamingApi
    const app = new Hono().get('/', (context) =>
      streamSSE(context, async (own) => {
        stream = own
        await own.write(':\n\n')
        await new Promise<void>((resolve) => own.onAbort(resolve))
      }),
    )
    const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
    await once(server, 'listening')
    return {
      port: (server.address() as AddressInfo).port,
      async send(count) {
        for (let n = 0; n < count; n++) await stream.writeSSE({ event: 'note', data: JSON.stringify(payload(n)) })
      },
    }
  },

  async h3() {
    const { createEventStream, H3, serve } = await import('h3')
    let stream: ReturnType<typeof createEventStream>
    const app = new H3().get('/', (event) => {
      stream = createEventStream(event)
      stream.pushComment('')
      return stream.send()
    })
    const server = serve(app, { port: 0, hostname: '127.0.0.1', silent: true })
    await server.ready()
    return {
      port: Number(new URL(server.url!).port),
      async send(count) {
        for (let n = 0; n < count; n++) await stream.push({ event: 'note', data: JSON.stringify(payload(n)) })
      },
    }
  },

  async '@fastify/sse'() {
    const { default: fastify } = await import('fastify')
    const { default: plugin } = await import('@fastify/sse')
    let reply: any
    const app = fastify()
    await app.register(plugin as never)
    app.get('/', { sse: 'only' } as never, async (_, own: any) => {
      own.sse.keepAlive()
      await own.sse.send({ data: 'hello' })
      reply = own
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
    return {
      port: (app.server.address() as AddressInfo).port,
      async send(count) {
        for (let n = 0; n < count; n++) await reply.sse.send({ event: 'note', data: payload(n) })
      },
    }
  },

  async tRPC() {
    const { listener, PATH, pulled } = await import('../fanout/trpc.ts')
    const { router, send } = pulled(payload)
    const server = createServer(await listener(router))
    return { port: await listening(server), path: PATH, send }
  },
}
