import { h3App, honoApp } from './apps.ts'
import { type Contestant, frame, payload } from './protocol.ts'

const HEAD = { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' }

/** Bun closes silent connections after 10 s: contestants that wait for their turn are silent. */
function serve(fetch: (request: Request) => Response | Promise<Response>): number {
  return Bun.serve({ port: 0, hostname: '127.0.0.1', idleTimeout: 0, fetch }).port!
}

/** Each on `Bun.serve` as its own documentation advises; a floor is what somebody would write by hand, encoded once. */
export const contestants: Record<string, () => Promise<Contestant>> = {
  async 'floor: direct stream'() {
    const controllers = new Set<ReadableStreamDirectController>()
    const port = serve(({ signal }) => {
      const source = {
        type: 'direct',
        async pull(controller: ReadableStreamDirectController) {
          controllers.add(controller)
          controller.write(':\n\n')
          controller.flush()
          await new Promise((resolve) => signal.addEventListener('abort', resolve))
          controllers.delete(controller)
        },
      }
      // The types of the DOM do not know direct streams.
      return new Response(new ReadableStream(source as unknown as UnderlyingDefaultSource), { headers: HEAD })
    })
    const publish = (n: number) => {
      const bytes = frame(n)
      for (const controller of controllers) {
        controller.write(bytes)
        controller.flush()
      }
    }
    return { port, size: () => controllers.size, publish }
  },

  async 'floor: ReadableStream'() {
    const controllers = new Set<ReadableStreamDefaultController>()
    const port = serve(() => {
      let own: ReadableStreamDefaultController
      const body = new ReadableStream({
        start(controller) {
          own = controller
          controllers.add(controller)
          controller.enqueue(Buffer.from(':\n\n'))
        },
        cancel: () => void controllers.delete(own),
      })
      return new Response(body, { headers: HEAD })
    })
    const publish = (n: number) => {
      const bytes = frame(n)
      for (const controller of controllers) controller.enqueue(bytes)
    }
    return { port, size: () => controllers.size, publish }
  },

  async eventwire() {
    const { createChannel } = await import('../../dist/server/index.js')
    const channel = createChannel<{ note: unknown }>()
    const port = serve((request) => channel.response(request))
    return { port, size: () => channel.size, publish: (n) => void channel.publish('note', payload(n)) }
  },

  async 'better-sse'() {
    const { createChannel, createResponse } = await import('better-sse')
    const channel = createChannel()
    const port = serve((request) => createResponse(request, (session) => void channel.register(session)))
    const publish = (n: number) => void channel.broadcast(payload(n), 'note')
    return { port, size: () => channel.sessionCount, publish }
  },

  async hono() {
    const { app, size, publish } = await honoApp()
    return { port: serve(app.fetch), size, publish }
  },

  async h3() {
    const { app, size, publish } = await h3App()
    return { port: serve((request) => app.fetch(request)), size, publish }
  },

  async tRPC() {
    const { broadcasting, PATH } = await import('./trpc.ts')
    const { fetchRequestHandler } = await import('@trpc/server/adapters/fetch')
    const { router, size, publish } = broadcasting()
    const port = serve((req) => fetchRequestHandler({ endpoint: '', req, router }))
    return { port, path: PATH, size, publish: (n) => publish(payload(n)) }
  },
}
