import { createStream } from 'eventwire/server'
import { type AppEvents, sendTicks } from '../ticks.ts'

// One module for three: `bun server.ts`, `deno serve server.ts`, and a Worker of Cloudflare's.
export default {
  async fetch(request: Request): Promise<Response> {
    if (new URL(request.url).pathname !== '/events') return new Response('Not found', { status: 404 })
    const name = request.method === 'POST' ? ((await request.json()) as { name: string }).name : undefined
    const stream = createStream<AppEvents>(request)
    sendTicks(stream, name)
    return stream.response
  },
}
