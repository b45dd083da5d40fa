// Not SvelteKit itself: it gives the endpoint what SvelteKit gives it, an event with a Request, and sends its Response.
import { serve } from 'srvx'
import { GET, POST } from './src/routes/events/+server.ts'

const server = serve({
  port: Number(process.env.PORT ?? 3000),
  silent: true,
  fetch(request) {
    if (new URL(request.url).pathname !== '/events') return new Response('Not found', { status: 404 })
    return request.method === 'POST' ? POST({ request }) : GET({ request })
  },
})

await server.ready()
console.log('listening')
