// Against Eventwire's own server the subscription loses nothing, says what it cannot have, and knows when it is over.
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { createChannel, memoryLog } from '../../src/server/index.ts'
import { createStream } from '../../src/server/node/index.ts'
import { errorsOf, subscribed } from './collect.ts'

interface Events {
  n: number
}

const quick = { retry: { min: 1, max: 5 } } as const

/** A server whose clients read a channel; its connections can be cut. */
async function channelServer(channel: ReturnType<typeof createChannel<Events>>) {
  const responses = new Set<ServerResponse>()
  const server = createServer((request, response) => {
    responses.add(response)
    const stream = createStream<Events>(request, response)
    channel.subscribe(stream, { from: 'start' })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  const cut = () => {
    for (const response of responses) response.destroy()
    responses.clear()
  }
  return { url: `http://127.0.0.1:${port}/`, cut }
}

it('misses and repeats nothing over a hundred broken connections while events are published', async () => {
  const channel = createChannel<Events>()
  const { url, cut } = await channelServer(channel)
  const subscription = subscribed<Events>(url, { retry: () => 1 })
  let cuts = 0
  subscription.state.subscribe(({ status }) => {
    if (status !== 'open' || cuts === 100) return
    cuts++
    setImmediate(cut)
  })
  const seen: number[] = []
  let published = 0
  const publishing = setInterval(() => {
    for (let count = 0; count < 3; count++) channel.publish('n', published++)
  }, 1)
  onTestFinished(() => clearInterval(publishing))
  for await (const { data } of subscription.events('n')) {
    seen.push(data)
    if (cuts === 100 && data > 500) break
  }
  expect(seen).toEqual(Array.from(seen, (_, index) => index))
})

it('receives a gap before the events after it', async () => {
  const channel = createChannel<Events>({ log: memoryLog({ maxEvents: 2 }) })
  const { url } = await channelServer(channel)
  const first = await channel.publish('n', 0)
  for (let n = 1; n < 5; n++) await channel.publish('n', n)
  const subscription = subscribed<Events>(url, { lastEventId: first })
  const order: unknown[] = []
  subscription.onGap(({ reason }) => order.push(reason))
  subscription.on('n', (data) => order.push(data))
  await new Promise<void>((resolve) => subscription.on('n', (data) => data === 4 && resolve()))
  expect(order).toEqual(['trimmed', 3, 4])
})

it('closes without an error, and for good, when the channel is final', async () => {
  const channel = createChannel<Events>()
  const { url } = await channelServer(channel)
  const subscription = subscribed<Events>(url, quick)
  const errors = errorsOf(subscription)
  await channel.publish('n', 1)
  await subscription.once('n')
  await channel.close({ final: true })
  expect(await subscription.closed).toEqual({ reason: 'server', end: 'final' })
  expect(errors).toEqual([])
  expect(subscription.lastEventId).not.toBe('sse:end')
})

it('knows the heartbeat that the server has announced', async () => {
  const channel = createChannel<Events>({ stream: { heartbeat: 1_000 } })
  const { url } = await channelServer(channel)
  const subscription = subscribed<Events>(url)
  const comment = await new Promise((resolve) => subscription.onComment(resolve))
  expect(comment).toMatch(/^heartbeat=\d+$/)
})
