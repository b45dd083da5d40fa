// One machine of several: its clients are its own, the channel is everybody's. Started by start.ts, with PORT, NAME and REDIS_URL.
import { createServer } from 'node:http'
import { respond } from 'eventwire/node'
import { redisLog } from 'eventwire/redis'
import { createChannel } from 'eventwire/server'
import { createClient } from 'redis'
import { listener } from '../listener.ts'
import { servePage } from '../serve-page.ts'

interface Events {
  said: { text: string; at: string }
}

const { PORT, NAME = 'a machine', REDIS_URL } = process.env

const client = createClient(REDIS_URL === undefined ? {} : { url: REDIS_URL })
const log = redisLog({ client, key: 'two-machines', maxEvents: 10_000 })
const channel = createChannel<Events>({ log })
channel.onError((error) => console.error(`${NAME}: ${error.message}`))

const server = createServer(
  listener(async (request, response) => {
    const { pathname, searchParams } = new URL(`http://localhost${request.url}`)
    response.setHeader('X-Machine', NAME)
    if (pathname === '/events') {
      respond(channel, request, response)
    } else if (pathname === '/say' && request.method === 'POST') {
      const status = await channel.publish('said', { text: searchParams.get('text') ?? '', at: NAME }).then(
        () => 204,
        () => 503, // Redis is away; onError has said so
      )
      response.writeHead(status).end()
    } else {
      await servePage(new URL('index.html', import.meta.url), pathname, response)
    }
  }),
)

server.listen(Number(PORT), '127.0.0.1', () => console.log(`${NAME} listens on ${PORT}`))

process.once('SIGTERM', async () => {
  server.close()
  await channel.close({ spread: 1_000 })
  await log.close()
})
