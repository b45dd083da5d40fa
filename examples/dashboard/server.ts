// A dashboard: a page receives all numbers at once, then each change: npm run build && node examples/dashboard/server.ts
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { respond } from 'eventwire/node'
import { createChannel, memoryLog } from 'eventwire/server'
import { servePage } from '../serve-page.ts'

interface Events {
  /** All numbers: replaces whatever the page has. */
  state: Record<string, number>
  /** One number as it is now, not by how much it has changed: hearing it twice does no harm. */
  change: { region: string; orders: number }
}

/** Milliseconds between two orders. */
const TICK = Number(process.env.TICK ?? 250)

const orders = new Map(['Africa', 'America', 'Asia', 'Europe', 'Oceania'].map((region) => [region, 0]))
const regions = [...orders.keys()]

// Changes are small and soon outdated: who was away for longer than this gets the state anew, which is shorter.
const channel = createChannel<Events>({ log: memoryLog({ maxEvents: 100 }) })

setInterval(() => {
  const region = regions[Math.floor(Math.random() * regions.length)]!
  const count = orders.get(region)! + 1
  orders.set(region, count)
  channel.publish('change', { region, orders: count })
}, TICK)

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost')
  if (pathname !== '/orders') return servePage(new URL('index.html', import.meta.url), pathname, response)
  respond(channel, request, response, {
    snapshot: (stream) => stream.send('state', Object.fromEntries(orders)),
  })
})

server.listen(Number(process.env.PORT ?? 3000), () => {
  console.log(`http://localhost:${(server.address() as AddressInfo).port}`)
})

process.once('SIGINT', () => process.exit())
