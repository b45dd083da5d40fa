// Without OpenTelemetry: prom-client reads the figures of a channel at each scrape, and leaves streams out of its latency.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Gauge, Histogram, Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { createChannel } from '../../src/server/index.ts'
import { respond } from '../../src/server/node/index.ts'
import { listen } from '../node/listen.ts'
import { parse } from './prometheus.ts'

it('a scrape has the readers of a channel, and the durations of other requests only', async () => {
  const orders = createChannel<{ changed: { id: number } }>()
  const register = new Registry()
  new Gauge({
    name: 'orders_readers',
    help: 'Streams that read the orders, by state',
    labelNames: ['state'],
    registers: [register],
    collect() {
      const { live, behind } = orders.stats()
      this.set({ state: 'live' }, live)
      this.set({ state: 'behind' }, behind)
    },
  })
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Of responses that end',
    registers: [register],
  })
  const measure = (req: IncomingMessage, res: ServerResponse) => {
    if (req.headers.accept === 'text/event-stream') return
    const end = duration.startTimer()
    res.on('close', () => end())
  }
  const server = createServer(async (req, res) => {
    measure(req, res)
    if (req.url === '/events') respond(orders, req, res)
    else res.end(await register.metrics())
  })
  const origin = `http://127.0.0.1:${await listen(server)}`
  const leave = new AbortController()
  const stream = await fetch(`${origin}/events`, { headers: { accept: 'text/event-stream' }, signal: leave.signal })
  await stream.body!.getReader().read()
  const scrape = async () => parse(await (await fetch(`${origin}/metrics`)).text())
  await scrape()
  expect((await scrape()).samples.get('orders_readers')).toEqual([
    ['state="live"', 1],
    ['state="behind"', 0],
  ])
  leave.abort()
  await expect.poll(() => orders.size).toBe(0)
  const { value } = await scrape()
  expect(value('orders_readers', 'state="live"')).toBe(0)
  expect(value('http_request_duration_seconds_count')).toBe(2)
  server.close()
  server.closeAllConnections()
  await once(server, 'close')
})
