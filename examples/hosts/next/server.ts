// Not Next itself: it gives the route handler what Next gives it, a Request, and sends the Response that it returns.
import { serve } from 'srvx'
import { GET, POST } from './app/events/route.ts'

const server = serve({
  port: Number(process.env.PORT ?? 3000),
  silent: true,
  fetch(request) {
    if (new URL(request.url).pathname !== '/events') return new Response('Not found', { status: 404 })
    return request.method === 'POST' ? POST(request) : GET(request)
  },
})

await server.ready()
console.log('listening')
