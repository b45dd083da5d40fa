import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { h3App, honoApp } from './apps.ts'
import { type Contestant, frame, payload } from './protocol.ts'

const HEAD = { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' }

async function listening(server: Server): Promise<number> {
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
  await new Promise((resolve) => server.once('listening', resolve))
  return (server.address() as AddressInfo).port
}

/** Each as its own documentation advises; a floor is what somebody would write by hand, encoded once. */
export const contestants: Record<string, () => Promise<Contestant>> = {
  async 'floor: res.write'() {
    const responses = new Set<import('node:http').ServerResponse>()
    const server = createServer((_, response) => {
      response.writeHead(200, HEAD)
      response.write(':\n\n')
      responses.add(response)
      response.on('close', () => responses.delete(response))
    })
    const publish = (n: number) => {
      const bytes = frame(n)
      for (const response of responses) response.write(bytes)
    }
    return { port: await listening(server), size: () => responses.size, publish }
  },

  async 'floor: socket.write'() {
    const sockets = new Set<Socket>()
    const server = createServer((_, response) => {
      response.writeHead(200, HEAD)
      response.write(':\n\n')
      sockets.add(response.socket!)
      response.on('close', () => sockets.delete(response.socket!))
    })
    const publish = (n: number) => {
      const data = frame(n)
      const bytes = Buffer.concat([Buffer.from(`${data.length.toString(16)}\r\n`), data, Buffer.from('\r\n')])
      for (const socket of sockets) socket.write(bytes)
    }
    return { port: await listening(server), size: () => sockets.size, publish }
  },

  async 'floor: srvx ReadableStream'() {
    const { serve } = await import('srvx')
    const controllers = new Set<ReadableStreamDefaultController>()
    const server = serve({
      port: 0,
      hostname: '127.0.0.1',
      silent: true,
      fetch: () => {
        let own: ReadableStreamDefaultController
        return new Response(
          new ReadableStream({
            start(controller) {
              own = controller
              controllers.add(controller)
              controller.enqueue(Buffer.from(':\n\n'))
            },
            cancel: () => void controllers.delete(own),
          }),
          { headers: HEAD },
        )
      },
    })
    await server.ready()
    const publish = (n: number) => {
      const bytes = frame(n)
      for (const controller of controllers) controller.enqueue(bytes)
    }
    return { port: Number(new URL(server.url!).port), size: () => controllers.size, publish }
  },

  async eventwire() {
    const { createChannel } = await import('../../dist/server/index.js')
    const { createStream } = await import('../../dist/server/node/index.js')
    const channel = createChannel<{ note: unknown }>()
    const server = createServer((request, response) => {
      channel.subscribe(createStream<{ note: unknown }>(request, response))
    })
    const publish = (n: number) => void channel.publish('note', payload(n))
    return { port: await listening(server), size: () => channel.size, publish }
  },

  async 'eventwire, Fetch on srvx'() {
    const { serve } = await import('srvx')
    const { createChannel } = await import('../../dist/server/index.js')
    const channel = createChannel<{ note: unknown }>()
    const fetch = (request: Request) => channel.response(request)
    const server = serve({ port: 0, hostname: '127.0.0.1', silent: true, fetch })
    await server.ready()
    const publish = (n: number) => void channel.publish('note', payload(n))
    return { port: Number(new URL(server.url!).port), size: () => channel.size, publish }
  },

  async 'better-sse'() {
    const { createChannel, createSession } = await import('better-sse')
    const channel = createChannel()
    const server = createServer(async (request, response) => {
      channel.register(await createSession(request, response))
    })
    const publish = (n: number) => void channel.broadcast(payload(n), 'note')
    return { port: await listening(server), size: () => channel.sessionCount, publish }
  },

  async hono() {
    const { serve } = await import('@hono/node-server')
    const { app, size, publish } = await honoApp()
    const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
    await new Promise((resolve) => server.once('listening', resolve))
    return { port: (server.address() as AddressInfo).port, size, publish }
  },

  async h3() {
    const { serve } = await import('h3')
    const { app, size, publish } = await h3App()
    const server = serve(app, { port: 0, hostname: '127.0.0.1', silent: true })
    await server.ready()
    return { port: Number(new URL(server.url!).port), size, publish }
  },

  async '@fastify/sse'() {
    const { default: fastify } = await import('fastify')
    const { default: plugin } = await import('@fastify/sse')
    const replies = new Set<{ sse: { send(message: unknown): Promise<void> } }>()
    const app = fastify()
    await app.register(plugin as never)
    app.get('/', { sse: 'only' } as never, async (_, reply: any) => {
      reply.sse.keepAlive()
      await reply.sse.send({ data: 'hello' })
      replies.add(reply)
      reply.sse.onClose(() => replies.delete(reply))
    })
    await app.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
    const publish = (n: number) => {
      for (const reply of replies) reply.sse.send({ event: 'note', id: String(n), data: payload(n) })
    }
    return { port: (app.server.address() as AddressInfo).port, size: () => replies.size, publish }
  },

  async tRPC() {
    const { broadcasting, listener, PATH } = await import('./trpc.ts')
    const { router, size, publish } = broadcasting()
    const server = createServer(await listener(router))
    return { port: await listening(server), path: PATH, size, publish: (n) => publish(payload(n)) }
  },
}
