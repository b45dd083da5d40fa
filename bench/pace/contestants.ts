import { createServer, type RequestListener, type ServerResponse } from 'node:http'
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

export const contestants: Record<string, () => Contestant> = {
  'floor: a Map, one res.write an interval': () => {
    const responses = new Set<ServerResponse>()
    const latest = new Map<string, Price>()
    setInterval(() => {
      const frames = [...latest.values()].map((price) => `event: price\ndata: ${JSON.stringify(price)}\n\n`)
      latest.clear()
      const bytes = Buffer.from(frames.join(''))
      for (const response of responses) response.write(bytes)
    }, EVERY)
    return {
      serve: (_, response) => {
        response.writeHead(200, HEAD)
        response.write(':\n')
        responses.add(response)
        response.on('close', () => responses.delete(response))
      },
      publish: (price) => void latest.set(price.key, price),
    }
  },
  'Eventwire, every: 200': () => eventwire({ every: EVERY }),
  'Eventwire, every event at once': () => eventwire({}),
}

export { createServer }
