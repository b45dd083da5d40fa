// A notification reaches one user, in every tab, and waits for who is away: npm run build && npx node examples/notifications/server.ts
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { respond } from 'eventwire/node'
import { createChannel } from 'eventwire/server'
import { listener } from '../listener.ts'
import { servePage } from '../serve-page.ts'

interface Events {
  notification: { text: string; at: string }
}

/** Stands for your sessions: the token identifies the user. */
const users = new Map([
  ['token-of-ada', 'ada'],
  ['token-of-grace', 'grace'],
])

const channel = createChannel<Events>()

function notify(text: string, topic: string): Promise<string> {
  return channel.publish('notification', { text, at: new Date().toISOString() }, { topics: [topic] })
}

const server = createServer(
  listener(async (request, response) => {
    const { pathname, searchParams } = new URL(`http://localhost${request.url}`)

    if (pathname === '/notifications' && request.method === 'GET') {
      const user = users.get(request.headers.authorization?.replace('Bearer ', '') ?? '')
      if (user === undefined) {
        response.writeHead(401).end()
        return
      }
      // The topics come from the session, never from the request: a cursor opens nothing either.
      respond(channel, request, response, { topics: [`user/${user}`, 'everyone'] })
    } else if (pathname === '/notifications' && request.method === 'POST') {
      const to = searchParams.get('to') ?? ''
      const known = to === 'everyone' || [...users.values()].includes(to)
      if (known) await notify(searchParams.get('text') ?? '', to === 'everyone' ? to : `user/${to}`)
      response.writeHead(known ? 204 : 404).end()
    } else {
      await servePage(new URL('index.html', import.meta.url), pathname, response)
    }
  }),
)

server.listen(Number(process.env.PORT ?? 3000), () => {
  console.log(`http://localhost:${(server.address() as AddressInfo).port}`)
})

process.once('SIGINT', () => process.exit())
