// Presence: a user is here while a stream of theirs is open: npm run build && npx node examples/presence/server.ts
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createStream, type EventWriter } from 'eventwire/node'
import { createChannel } from 'eventwire/server'
import { listener } from '../listener.ts'
import { servePage } from '../serve-page.ts'

interface Events {
  /** All names, every time: a client that missed lists needs only the last one. */
  here: string[]
}

const room = createChannel<Events>()
const names = new WeakMap<EventWriter<Events>, string>()

function whoIsHere(): string[] {
  return [...new Set(Array.from(room, (stream) => names.get(stream)!))].sort()
}

function enter(stream: EventWriter<Events>, name: string): void {
  names.set(stream, name)
  room.subscribe(stream)
  room.publish('here', whoIsHere())
  void stream.closed.then(() => room.publish('here', whoIsHere()))
}

/** Closes by predicate. The end is final, so that the client does not reconnect. */
function sendOut(name: string): number {
  let count = 0
  for (const stream of room) {
    if (names.get(stream) !== name) continue
    stream.close({ final: true })
    count++
  }
  return count
}

const server = createServer(
  listener(async (request, response) => {
    const { pathname, searchParams } = new URL(`http://localhost${request.url}`)
    const name = searchParams.get('name') ?? ''
    if (pathname === '/room' && name !== '' && request.method === 'GET') {
      enter(createStream<Events>(request, response), name)
    } else if (pathname === '/room' && request.method === 'DELETE') {
      response.end(`${sendOut(name)} sent out`)
    } else {
      await servePage(new URL('index.html', import.meta.url), pathname, response)
    }
  }),
)

server.listen(Number(process.env.PORT ?? 3000), () => {
  console.log(`http://localhost:${(server.address() as AddressInfo).port}`)
})

process.once('SIGINT', () => process.exit())
