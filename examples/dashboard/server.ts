// 1,000 prices that change 20 times a second, on a link as slow as you like: npm run build && npx node examples/dashboard/server.ts
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzip } from 'eventwire/gzip'
import { respond } from 'eventwire/node'
import { createChannel } from 'eventwire/server'
import { servePage } from '../serve-page.ts'
import { slowLink } from './slow-link.ts'

interface Events {
  price: { symbol: string; amount: number; at: number }
}

const SYMBOLS = Number(process.env.SYMBOLS ?? 1_000)
/** Milliseconds between two changes of each price. */
const TICK = Number(process.env.TICK ?? 50)

const channel = createChannel<Events>({ compress: gzip() })
const amounts = new Map<string, number>()
for (let index = 0; index < SYMBOLS; index++) amounts.set(nameOf(index), 100 + Math.random() * 900)

setInterval(() => {
  for (const [symbol, before] of amounts) {
    const amount = Math.min(999, Math.max(1, before * (1 + (Math.random() - 0.5) / 200)))
    amounts.set(symbol, amount)
    // A later price of the symbol supersedes this one, for each client that has not been sent it.
    channel.publish('price', { symbol, amount: Math.round(amount * 100) / 100, at: Date.now() }, { key: symbol })
  }
}, TICK)

/** The settings of the page's switches: `?client=…&compress&confirm`. */
function switchesOf({ url }: IncomingMessage) {
  const { searchParams } = new URL(`http://localhost${url}`)
  return {
    client: searchParams.get('client') ?? crypto.randomUUID(),
    compress: searchParams.has('compress'),
    confirm: searchParams.has('confirm'),
  }
}

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(`http://localhost${request.url}`)
  if (pathname === '/link') {
    link.setRate(Number(searchParams.get('rate')))
    response.writeHead(204).end()
  } else if (pathname !== '/prices') servePage(new URL('index.html', import.meta.url), pathname, response)
  else if (request.method === 'POST') {
    channel.acknowledge(request)
    response.writeHead(204).end()
  } else {
    const { client, compress, confirm } = switchesOf(request)
    // So that the page can show the difference.
    if (!compress) delete request.headers['accept-encoding']
    respond(channel, request, response, { from: 'latest', every: 250, ...(confirm && { maxLag: 500, client }) })
  }
})

// The page reaches the server through a link whose speed its slider sets.
const link = slowLink(() => (server.address() as AddressInfo).port)
server.listen(0, '127.0.0.1', () => {
  link.server.listen(Number(process.env.PORT ?? 3000), () => {
    console.log(`http://localhost:${(link.server.address() as AddressInfo).port}`)
  })
})

process.once('SIGINT', () => process.exit())

/** AAA, AAB, AAC, … */
function nameOf(index: number): string {
  return [index / 676, index / 26, index].map((part) => String.fromCharCode(65 + (Math.floor(part) % 26))).join('')
}
