// A server is read as slowly, as far and as often as the test says.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createStream as createNodeStream } from 'eventwire/node'
import { createChannel, createStream } from 'eventwire/server'
import { collectEvents, createTestClient, createTestClock } from 'eventwire/testing'
import { expect, it } from 'vitest'

interface AppEvents {
  ping: { time: string }
  message: string
}

const request = new Request('http://localhost/events')

it('greets', async () => {
  const stream = createStream<AppEvents>(request)
  stream.send('message', 'welcome')
  const [first] = await collectEvents<AppEvents>(stream.response, { count: 1 })
  expect(first).toEqual({ type: 'message', data: 'welcome', id: '' })
  expect((await stream.closed).reason).toBe('client') // collecting cancels what it leaves
})

it('lets a client that was away miss nothing', async () => {
  const channel = createChannel<AppEvents>()
  const client = createTestClient<AppEvents>(channel.response(request))
  await channel.publish('message', 'one')
  expect((await client.next()).data).toBe('one')

  await client.disconnect()
  await channel.publish('message', 'two')
  const back = await client.resume((request) => channel.response(request))
  expect((await back.next()).data).toBe('two')
})

it('cuts off a client that has stopped reading', async () => {
  using clock = createTestClock()
  const stream = createStream<AppEvents>(request, { stallTimeout: 10_000 })
  createTestClient<AppEvents>(stream.response) // never asked for anything
  stream.send('message', 'anybody there?')
  await clock.advance(20_000)
  expect((await stream.closed).reason).toBe('stalled')
})

it('waits for a slow client', async () => {
  const stream = createStream<AppEvents>(request, { maxBuffer: 64 })
  const client = createTestClient<AppEvents>(stream.response)
  let sent = 1
  while (stream.send('message', `number ${sent}`)) sent++
  const ready = stream.ready()
  expect(await client.collect({ count: sent })).toHaveLength(sent)
  expect(await ready).toBe(true)
})

it('does the same over a socket', async () => {
  const server = createServer((req, res) => createNodeStream<AppEvents>(req, res).send('message', 'hi', { id: '1' }))
  await new Promise<void>((resolve) => server.listen(0, resolve))
  const url = `http://localhost:${(server.address() as AddressInfo).port}/`
  const client = createTestClient<AppEvents>(await fetch(url))
  expect((await client.next()).data).toBe('hi')
  const back = await client.resume(fetch, url)
  expect((await back.next()).id).toBe('1')
  await back.disconnect()
  server.close()
})
