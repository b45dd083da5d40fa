// Prices that change twenty times a second, for one client, on the address and with the options that are given.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzip } from '../../src/server/gzip/index.ts'
import { createChannel } from '../../src/server/index.ts'
import { respond } from '../../src/server/node/index.ts'
import { watchLateness } from './lateness.ts'

interface Events {
  price: { symbol: string; amount: number; at: number }
}

const [host = '', port = '', symbols = '', every = '', maxLag = '', compress = ''] = process.argv.slice(2)
const late = watchLateness()
const channel = createChannel<Events>(compress === 'gzip' ? { compress: gzip() } : {})
const reader = {
  from: 'latest' as const,
  ...(every !== '-' && { every: Number(every) }),
  ...(maxLag !== '-' && { maxLag: Number(maxLag), client: 'page' }),
}

const server = createServer((request, response) => {
  if (request.url === '/late') response.end(JSON.stringify(late))
  else if (request.method === 'GET') respond(channel, request, response, reader)
  else {
    channel.acknowledge(request)
    response.writeHead(204).end()
  }
}).listen(Number(port), host, () => console.log((server.address() as AddressInfo).port))

setInterval(() => {
  for (let index = 0; index < Number(symbols); index++) {
    const symbol = `SYM${index}`
    const amount = Math.round(Math.random() * 100_000) / 100
    channel.publish('price', { symbol, amount, at: Date.now() }, { key: symbol })
  }
}, 50)
