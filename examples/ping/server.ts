import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createStream } from 'eventwire/node'
import { events } from './events.ts'
import { sendPings } from './pings.ts'

const files: Record<string, { name: string; type: string }> = {
  '/': { name: 'index.html', type: 'text/html; charset=utf-8' },
  '/native': { name: 'native.html', type: 'text/html; charset=utf-8' },
  '/style.css': { name: 'style.css', type: 'text/css' },
  '/page.js': { name: 'page.js', type: 'text/javascript' },
}

const server = createServer(async (request, response) => {
  const { pathname } = new URL(`http://localhost${request.url}`)
  if (pathname === '/sse') {
    console.log('a client has connected')
    sendPings(createStream(request, response, { events }))
    return
  }
  const file = files[pathname]
  // Not every file is there from the start: page.js is made by the bundler.
  const content = file && (await readFile(new URL(file.name, import.meta.url)).catch(() => undefined))
  if (!file || !content) response.writeHead(404).end('Not found')
  else response.writeHead(200, { 'Content-Type': file.type }).end(content)
})

server.listen(Number(process.env.PORT ?? 3000), () => {
  console.log(`http://localhost:${(server.address() as AddressInfo).port}`)
})

process.once('SIGINT', () => process.exit())
