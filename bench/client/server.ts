// A plain server that sends a given number of events as fast as they are taken, in blocks of 64 KiB, and keeps the stream open.
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

const data = JSON.stringify({ n: 12345, text: 'x'.repeat(80) })
const event = `data: ${data}\n\n`
const block = Buffer.from(event.repeat(Math.ceil(65_536 / event.length)))
const events = Math.ceil(65_536 / event.length)

const server = createServer(async (request, response) => {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
  const count = Number(new URL(request.url!, 'http://localhost').searchParams.get('events'))
  for (let sent = 0; sent < count && !response.destroyed; sent += events) {
    if (!response.write(block)) await drained(response)
  }
})
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      response.off('drain', finish).off('close', finish)
      resolve()
    }
    response.on('drain', finish).on('close', finish)
  })
}

server.listen(0, '127.0.0.1')
await once(server, 'listening')
process.on('disconnect', () => process.exit())
process.send!({ port: (server.address() as AddressInfo).port, events })
