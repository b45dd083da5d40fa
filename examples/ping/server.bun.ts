import { createStream } from 'eventwire/server'
import { events } from './events.ts'
import { sendPings } from './pings.ts'

/** Not every file is there from the start: page.js is made by the bundler. */
const file = (name: string) => async () => {
  const content = Bun.file(new URL(name, import.meta.url))
  return (await content.exists()) ? new Response(content) : new Response('Not found', { status: 404 })
}

const server = Bun.serve({
  port: Number(process.env.PORT ?? 3000),
  routes: {
    '/': file('index.html'),
    '/native': file('native.html'),
    '/style.css': file('style.css'),
    '/page.js': file('page.js'),
    '/sse': (request) => {
      console.log('a client has connected')
      const stream = createStream(request, { events })
      sendPings(stream)
      return stream.response
    },
  },
})

console.log(`http://localhost:${server.port}`)
