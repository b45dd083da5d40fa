import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import { createChannel as createBetterChannel, createSession } from 'better-sse'
import { createChannel, memoryLog } from '../../dist/server/index.js'
import { respond } from '../../dist/server/node/index.js'

export interface Price {
  readonly key: string
  readonly amount: number
  readonly at: number
}

export interface Contestant {
  readonly serve: RequestListener
  publish(price: Price): void
}

export const EVERY = 200
const HEAD = { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' }

function eventwire(options: { every?: number }): Contestant {
  const channel = createChannel<{ price: Price }>({
    log: memoryLog({ maxEvents: 10_000 }),
    stream: { heartbeat: false },
  })
  return {
    serve: (request, response) => void respond(channel, request, response, options),
    publish: (price) => void channel.publish('price', price, { key: price.key }),
  }
}

function frameOf(price: Price): string {
  return `event: price\ndata: ${JSON.stringify(price)}\n\n`
}

/** The code that one would write by hand. */
function byHand(publish: Contestant['publish'], responses: Set<ServerResponse>): Contestant {
  return {
    serve: (_, response) => {
      response.writeHead(200, HEAD)
      response.write(':\n')
      responses.add(response)
      response.on('close', () => responses.delete(response))
    },
    publish,
  }
}

export const contestants: Record<string, () => Contestant> = {
  'floor: a Map, one res.write an interval': () => {
    const responses = new Set<ServerResponse>()
    const latest = new Map<string, Price>()
    setInterval(() => {
      const bytes = Buffer.from([...latest.values()].map(frameOf).join(''))
      latest.clear()
      if (bytes.length > 0) for (const response of responses) response.write(bytes)
    }, EVERY)
    return byHand((price) => void latest.set(price.key, price), responses)
  },
  [`eventwire every: ${EVERY}`]: () => eventwire({ every: EVERY }),
  'eventwire, every event at once': () => eventwire({}),
  'res.write, every event at once': () => {
    const responses = new Set<ServerResponse>()
    return byHand((price) => {
      const bytes = Buffer.from(frameOf(price))
      for (const response of responses) response.write(bytes)
    }, responses)
  },
  'better-sse, every event at once': () => {
    const channel = createBetterChannel()
    return {
      serve: async (request, response) => void channel.register(await createSession(request, response)),
      publish: (price) => void channel.broadcast(price, 'price'),
    }
  },
}

export { createServer }
