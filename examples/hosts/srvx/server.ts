import { createStream } from 'eventwire/server'
import { serve } from 'srvx'
import { type AppEvents, sendTicks } from '../ticks.ts'

const server = serve({
  port: Number(process.env.PORT ?? 3000),
  silent: true,
  async fetch(request) {
    if (new URL(request.url).pathname !== '/events') return new Response('Not found', { status: 404 })
    const name = request.method === 'POST' ? ((await request.json()) as { name: string }).name : undefined
    const stream = createStream<AppEvents>(request)
    sendTicks(stream, name)
    return stream.response
  },
})

await server.ready()
console.log('listening')
