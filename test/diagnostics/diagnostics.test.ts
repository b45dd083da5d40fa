// The life of streams, channels and subscriptions is published under documented names, once, and adds up.
import { channel, subscribe as listen, unsubscribe } from 'node:diagnostics_channel'
import { createServer } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { subscribe } from '../../src/client/index.ts'
import '../../src/diagnostics/index.ts'
import type { DiagnosticMessages } from '../../src/diagnostics/index.ts'
import { createChannel, createStream, memoryLog } from '../../src/server/index.ts'
import { respond } from '../../src/server/node/index.ts'
import { pages } from '../../src/server/pages/index.ts'
import { createTestServer } from '../../src/testing/index.ts'
import { listen as listenOn } from '../node/listen.ts'
import { ChannelClient, requestAfter } from '../server/channel/channel-client.ts'

type Events = { message: string }

let stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops) stop()
  stops = []
})

function messages<Name extends keyof DiagnosticMessages>(name: Name): DiagnosticMessages[Name][] {
  const received: DiagnosticMessages[Name][] = []
  const add = (message: unknown) => void received.push(message as DiagnosticMessages[Name])
  listen(name, add)
  stops.push(() => unsubscribe(name, add))
  return received
}

const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0)

describe('a stream', () => {
  it('is published once when it opens and once when it closes, with its reason', async () => {
    const [opened, closed] = [messages('eventwire:stream.opened'), messages('eventwire:stream.closed')]
    const stream = createStream<Events>(requestAfter())
    expect(opened).toEqual([{ stream }])
    stream.close()
    stream.close()
    expect(closed).toEqual([{ stream, info: await stream.closed }])
    expect(closed[0]!.info.reason).toBe('server')
  })

  it('that is born closed opens and closes, too', () => {
    const [opened, closed] = [messages('eventwire:stream.opened'), messages('eventwire:stream.closed')]
    createStream<Events>(requestAfter('sse:end'))
    expect(opened).toHaveLength(1)
    expect(closed.map(({ info }) => info.reason)).toEqual(['final'])
  })

  it('has deliveries that sum up to what it says when it closes', async () => {
    const [delivered, closed] = [messages('eventwire:events.delivered'), messages('eventwire:stream.closed')]
    const stream = createStream<Events>(requestAfter())
    stream.send('message', 'one')
    stream.send('message', 'two')
    await new Promise((resolve) => setImmediate(resolve))
    stream.comment('three')
    stream.send('message', 'four')
    stream.close({ final: true })
    const { events, bytes } = closed[0]!.info
    expect(delivered.map(({ events }) => events)).toEqual([0, 2, 1])
    expect(sum(delivered.map((message) => message.events))).toBe(events)
    expect(sum(delivered.map((message) => message.bytes))).toBe(bytes)
    expect((await stream.response.arrayBuffer()).byteLength).toBe(bytes)
  })

  it('has neither a delivery nor a count of events that were dropped before they were written', async () => {
    const delivered = messages('eventwire:events.delivered')
    const client = new AbortController()
    const left = createStream<Events>(new Request('http://localhost/', { signal: client.signal }))
    left.send('message', 'one')
    client.abort()
    const full = createStream<Events>(requestAfter(), { maxBuffer: 100 })
    while (full.send('message', 'x'.repeat(20)));
    full.send('message', 'one too many')
    const of = (stream: unknown) =>
      sum(delivered.filter((message) => message.stream === stream).map(({ events }) => events))
    expect([(await left.closed).events, of(left)]).toEqual([0, 0])
    expect((await full.closed).reason).toBe('overflow')
    expect((await full.closed).events).toBe(of(full))
  })

  it('counts for a late subscriber from then on', async () => {
    const stream = createStream<Events>(requestAfter())
    stream.send('message', 'one')
    await new Promise((resolve) => setImmediate(resolve))
    const delivered = messages('eventwire:events.delivered')
    stream.send('message', 'two')
    stream.close()
    expect(delivered.map(({ events }) => events)).toEqual([1])
  })
})

describe('an event', () => {
  it('is published before it is appended, and after it was written to the readers at the head', async () => {
    const order: string[] = []
    for (const name of [
      'eventwire:event.publishing',
      'eventwire:events.delivered',
      'eventwire:event.published',
    ] as const) {
      const add = () => void order.push(name.slice('eventwire:'.length))
      listen(name, add)
      stops.push(() => unsubscribe(name, add))
    }
    const published = messages('eventwire:event.published')
    const channel = createChannel<Events>()
    const client = new ChannelClient(channel.response(requestAfter()))
    order.length = 0
    const cursor = await channel.publish('message', 'hello', { topics: undefined, key: 'k' })
    await client.until(({ events }) => events.length === 1)
    expect(order).toEqual(['event.publishing', 'events.delivered', 'event.published'])
    expect(published).toEqual([
      { channel, type: 'message', data: '"hello"', key: 'k', cursor, duration: expect.any(Number) },
    ])
    expect(published[0]!.duration).toBeGreaterThanOrEqual(0)
    await client.disconnect()
  })

  it('is one object in all of its messages', async () => {
    const [publishing, published] = [messages('eventwire:event.publishing'), messages('eventwire:event.published')]
    await createChannel<Events>().publish('message', 'hello')
    expect(published[0]).toBe(publishing[0])
  })

  it('that the log refuses has failed, and was not published', async () => {
    const [published, failed] = [messages('eventwire:event.published'), messages('eventwire:event.failed')]
    const channel = createChannel<Events>({ log: memoryLog({ maxBytes: 64 }) })
    await expect(channel.publish('message', 'x'.repeat(100))).rejects.toMatchObject({ code: 'event-too-large' })
    expect(published).toEqual([])
    expect(failed).toMatchObject([{ channel, type: 'message', error: { code: 'event-too-large' } }])
  })
})

describe('a reader', () => {
  it('that catches up has its events counted as replayed, and live ones not', async () => {
    const replayed = messages('eventwire:events.replayed')
    const channel = createChannel<Events>()
    for (const text of ['one', 'two', 'three']) await channel.publish('message', text)
    const client = new ChannelClient(channel.response(requestAfter(), { from: 'start' }))
    await client.until(({ events }) => events.length === 3)
    await channel.publish('message', 'four')
    await client.until(({ events }) => events.length === 4)
    expect(sum(replayed.map(({ events }) => events))).toBe(3)
    expect(replayed[0]!.channel).toBe(channel)
    expect(replayed[0]!.stream).toBe([...channel][0])
    await client.disconnect()
  })

  it('that has missed events is a gap, with the reason', async () => {
    const gaps = messages('eventwire:stream.gap')
    const channel = createChannel<Events>()
    const cursor = await channel.publish('message', 'one')
    const client = new ChannelClient(channel.response(requestAfter('zz.1')))
    await client.until(({ types }) => types.includes('sse:gap'))
    expect(gaps).toEqual([{ channel, stream: [...channel][0], reason: 'epoch', oldest: expect.any(String) }])
    expect(cursor).not.toBe('zz.1')
    await client.disconnect()
  })
})

describe('a page', () => {
  const names = ['stream.opened', 'events.delivered', 'events.replayed', 'stream.closed', 'stream.gap'] as const

  it('is not a stream, and publishes a gap only', async () => {
    const seen = names.map((name) => messages(`eventwire:${name}`))
    const channel = createChannel<Events>({ poll: pages() })
    await channel.publish('message', 'one', { key: 'a' })
    for (const query of ['offset=-1', 'offset=begin', 'offset=7']) {
      await channel.response(new Request(`http://localhost/?${query}`), { from: 'latest' })
    }
    expect(seen.slice(0, -1)).toEqual([[], [], [], []])
    expect(seen.at(-1)).toMatchObject([{ channel, reason: 'malformed' }])
  })

  it('is not a stream on Node, nor is its metadata', async () => {
    const seen = names.map((name) => messages(`eventwire:${name}`))
    const channel = createChannel<Events>({ poll: pages({ wait: 1 }) })
    const port = await listenOn(createServer((req, res) => void respond(channel, req, res)))
    const url = `http://127.0.0.1:${port}/`
    for (const query of ['offset=begin', 'offset=now&live=long-poll']) await (await fetch(`${url}?${query}`)).text()
    await fetch(url, { method: 'HEAD' })
    expect(seen).toEqual([[], [], [], [], []])
  })
})

it('a subscription that tries again says why and when', async () => {
  const retries = messages('eventwire:client.retry')
  const server = createTestServer<Events>()
  const subscription = subscribe<Events>('https://example.com/events', { fetch: server.fetch, retry: () => 5 })
  ;(await server.connection()).respond(503)
  ;(await server.connection()).respond(503)
  await server.connection()
  subscription.close()
  expect(retries.map(({ error }) => [error.code, error.attempt, error.retryIn])).toEqual([
    ['http-status', 1, 5],
    ['http-status', 2, 5],
  ])
})

it('a subscriber that throws disturbs no stream', async () => {
  const uncaught: unknown[] = []
  const before = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', (error) => uncaught.push(error))
  const fail = () => {
    throw new Error('a bug')
  }
  listen('eventwire:events.delivered', fail)
  stops.push(() => unsubscribe('eventwire:events.delivered', fail))
  const stream = createStream<Events>(requestAfter())
  stream.send('message', 'one')
  stream.close()
  expect(await stream.response.text()).toContain('data: "one"')
  await new Promise((resolve) => setImmediate(resolve))
  process.removeAllListeners('uncaughtException')
  for (const listener of before) process.on('uncaughtException', listener)
  expect(uncaught.map(String)).toEqual(['Error: a bug', 'Error: a bug'])
})

it('has no subscribers of its own', () => {
  expect(channel('eventwire:events.delivered').hasSubscribers).toBe(false)
})
