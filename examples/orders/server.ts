// Orders: a list and a page for each order, in any number of tabs over one connection: npm run build && npx node examples/orders/server.ts
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createStream } from 'eventwire/node'
import { createChannel } from 'eventwire/server'
import { listener } from '../listener.ts'
import { servePage } from '../serve-page.ts'

interface Order {
  readonly id: number
  readonly customer: string
  readonly status: string
  /** How often it has changed: the page keeps the newest. */
  readonly version: number
}

interface Events {
  /** An order as it is now, not what has changed: receiving it twice does no harm. */
  order: Order
}

/** Milliseconds between two changes. */
const TICK = Number(process.env.TICK ?? 1_000)
const STEPS = ['received', 'packed', 'sent', 'delivered']
const CUSTOMERS = ['Ada', 'Grace', 'Alan', 'Edsger', 'Barbara', 'Donald']

const orders = new Map<number, Order>(
  CUSTOMERS.map((customer, index) => [index + 1, { id: index + 1, customer, status: 'received', version: 1 }]),
)
const channel = createChannel<Events>()
const sessions = new Set<string>()

setInterval(() => {
  const order = orders.get(1 + Math.floor(Math.random() * orders.size))!
  const status = STEPS[(STEPS.indexOf(order.status) + 1) % STEPS.length]!
  const changed = { ...order, status, version: order.version + 1 }
  orders.set(order.id, changed)
  channel.publish('order', changed, { topics: [`orders/${order.id}`] })
}, TICK)

/** The list reads all orders by a pattern, a page one of them. */
function ordersOf(topic: string): Order[] {
  return [...orders.values()].filter(({ id }) => topic === 'orders/*' || topic === `orders/${id}`)
}

function listOf(url: URL, name: string): string[] {
  return (url.searchParams.get(name) ?? '').split(',').filter(Boolean)
}

function sendEvents(url: URL, request: IncomingMessage, response: ServerResponse): void {
  if (!sessions.has(sessionOf(request))) {
    response.writeHead(401).end('log in first')
    return
  }
  const topics = listOf(url, 'topics')
  const refused = topics.filter((topic) => ordersOf(topic).length === 0)
  if (refused.length > 0) {
    response.writeHead(403).end(JSON.stringify({ topics: refused }))
    return
  }
  const stream = createStream<Events>(request, response)
  for (const topic of listOf(url, 'new'))
    for (const order of ordersOf(topic)) stream.send('order', order, { topics: [`orders/${order.id}`] })
  channel.subscribe(stream, { topics })
}

function sessionOf({ headers }: IncomingMessage): string {
  return /session=([\w-]+)/.exec(headers.cookie ?? '')?.[1] ?? ''
}

const server = createServer(
  listener(async (request, response) => {
    const url = new URL(`http://localhost${request.url}`)
    const { pathname } = url
    if (pathname === '/events') sendEvents(url, request, response)
    else if (pathname === '/connections') response.end(`${channel.size}`)
    else if (pathname === '/session' && request.method === 'POST') {
      const session = randomUUID()
      sessions.add(session)
      response.writeHead(204, { 'Set-Cookie': `session=${session}; HttpOnly; SameSite=Strict; Path=/` }).end()
    } else if (pathname === '/session' && request.method === 'DELETE') {
      sessions.delete(sessionOf(request))
      response.writeHead(204).end()
    } else if (/^\/orders\/\d+$/.test(pathname)) await servePage(new URL('index.html', import.meta.url), '/', response)
    else await servePage(new URL('index.html', import.meta.url), pathname, response)
  }),
)

server.listen(Number(process.env.PORT ?? 3000), () => {
  console.log(`http://localhost:${(server.address() as AddressInfo).port}`)
})

process.once('SIGINT', () => process.exit())
