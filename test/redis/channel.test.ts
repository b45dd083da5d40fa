// A channel over Redis keeps its promises to slow clients, to topics, and at the end, across processes.
import { subscribe as listen, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, describe, expect, inject, it } from 'vitest'
import '../../src/diagnostics/index.ts'
import { type Channel, createChannel, createStream, type EventLog, fromCursor } from '../../src/server/index.ts'
import { type RedisLogOptions, redisLog } from '../../src/server/log/redis/index.ts'
import { ChannelClient, requestAfter } from '../server/channel/channel-client.ts'
import { A_MINUTE, clients, newKey } from './clients.ts'

interface Events {
  note: { n: number; pad: string }
}

const url = inject('redisUrl')

describe.skipIf(url === undefined).each(Object.entries(clients))('a channel over Redis, with %s', (_, connect) => {
  const open: { channel: Channel<Events>; log: EventLog }[] = []
  const process = (key: string, options: Partial<RedisLogOptions> = {}) => {
    const log = redisLog({ client: connect(url!), key, expireAfter: A_MINUTE, ...options })
    const channel = createChannel<Events>({ log, stream: { heartbeat: false } })
    open.push({ channel, log })
    return channel
  }
  const join = async (channel: Channel<Events>, cursor = '', options = {}) => {
    const client = new ChannelClient(channel.response(requestAfter(cursor), options))
    return client.until(({ messages }) => messages.length > 0)
  }
  const numbers = ({ payloads }: ChannelClient) => payloads.map((payload) => (payload as { n: number }).n)
  const upTo = (count: number) => Array.from({ length: count }, (_, n) => n)

  afterEach(async () => {
    for (const { channel, log } of open.splice(0)) {
      await channel.close()
      await log.close()
    }
  })

  it('lets a client that has stopped reading catch up from Redis, past what the process keeps', async () => {
    const key = newKey()
    const [one, other] = [process(key, { recentBytes: 50_000 }), process(key)]
    const client = await join(one)
    for (const n of upTo(400)) await other.publish('note', { n, pad: 'x'.repeat(5_000) })
    await client.until(({ events }) => events.length === 400)
    expect(numbers(client)).toEqual(upTo(400))
    expect(client.types).not.toContain('sse:gap')
    await client.disconnect()
  })

  it('reports an event as published once the readers at the head of this process have been written to', async () => {
    const channel = process(newKey())
    const client = await join(channel)
    const order: string[] = []
    const listeners = ['events.delivered', 'event.published'].map(
      (name) => [name, () => void order.push(name)] as const,
    )
    for (const [name, listener] of listeners) listen(`eventwire:${name}`, listener)
    for (const n of upTo(3)) await channel.publish('note', { n, pad: '' })
    for (const [name, listener] of listeners) unsubscribe(`eventwire:${name}`, listener)
    expect(order).toEqual(upTo(3).flatMap(() => ['events.delivered', 'event.published']))
    await client.until(({ events }) => events.length === 3)
    await client.disconnect()
  })

  it('reports a gap to a client that has stopped reading for too long', async () => {
    const key = newKey()
    const [one, other] = [process(key, { maxEvents: 50 }), process(key, { maxEvents: 50 })]
    const client = await join(one)
    for (const n of upTo(400)) await other.publish('note', { n, pad: 'x'.repeat(5_000) })
    await client.until(({ events }) => numbers(client).at(-1) === 399 && events.length > 0)
    const gap = client.types.indexOf('sse:gap')
    expect(JSON.parse(client.messages[gap]!.data).reason).toBe('slow')
    const before = client.messages.slice(0, gap).filter(({ type }) => type === 'note').length
    const seen = numbers(client)
    expect(seen.slice(0, before)).toEqual(upTo(before))
    expect(seen.slice(before)).toEqual(upTo(400).slice(before - seen.length))
    await client.disconnect()
  })

  it('reports a gap to a client that asks for the start of a history that was trimmed', async () => {
    const key = newKey()
    const [one, other] = [process(key, { maxEvents: 10 }), process(key, { maxEvents: 10 })]
    for (const n of upTo(25)) await one.publish('note', { n, pad: '' })
    const stream = createStream<Events>(requestAfter())
    const client = new ChannelClient(stream.response)
    const { status, reason, from } = await other.subscribe(stream, { from: 'start' })
    await client.until(() => numbers(client).at(-1) === 24)
    expect([status, reason, from]).toEqual(['gap', 'trimmed', client.messages[0]!.id])
    expect(client.types[0]).toBe('sse:gap')
    expect(JSON.parse(client.messages[0]!.data)).toEqual({ reason: 'trimmed', oldest: from })
    const missed = fromCursor(from)!.sequence // the other process may not have received the last ones yet
    expect(missed).toBeGreaterThan(0)
    expect(numbers(client)).toEqual(upTo(25).slice(missed))
    await client.disconnect()
  })

  it('gives a client that comes back to another process the topics it reads, and no others', async () => {
    const key = newKey()
    const [one, other] = [process(key), process(key)]
    const first = await join(one, '', { topics: ['a/*'] })
    await one.publish('note', { n: 0, pad: '' }, { topics: ['a/1'] })
    await first.until(({ events }) => events.length === 1)
    await first.disconnect()
    for (const n of upTo(30))
      await other.publish('note', { n, pad: '' }, { topics: [n % 3 === 0 ? `a/${n}` : `b/${n}`] })
    const back = await join(other, first.cursor, { topics: ['a/*'] })
    await back.until(({ events }) => events.length === 10)
    expect(numbers(back)).toEqual(upTo(10).map((n) => n * 3))
    await back.disconnect()
  })

  it('ends for the clients of all processes, and for those who come later', async () => {
    const key = newKey()
    const [one, other] = [process(key), process(key)]
    const client = await join(other)
    await one.publish('note', { n: 1, pad: '' })
    await one.close({ final: true })
    await client.rest()
    expect(client.types).toEqual(['sse:cursor', 'note', 'sse:end'])
    const late = new ChannelClient(process(key).response(requestAfter(client.messages[0]!.id)))
    await late.rest()
    expect(late.types.filter((type) => type !== 'sse:cursor')).toEqual(['note', 'sse:end'])
  })

  it('has nothing behind its end, whatever other processes publish and end at the same moment', async () => {
    const key = newKey()
    const channels = Array.from({ length: 4 }, () => process(key))
    await Promise.all(channels.map((channel) => channel.publish('note', { n: -1, pad: '' })))
    const published = channels.flatMap((channel, index) =>
      upTo(20).map((n) => channel.publish('note', { n: index * 20 + n, pad: '' })),
    )
    const ended = channels.slice(0, 2).map((channel) => channel.close({ final: true }))
    // These two have not received the end yet.
    for (const [index, channel] of channels.slice(2).entries())
      for (const n of upTo(20)) published.push(channel.publish('note', { n: 80 + index * 20 + n, pad: '' }))
    const outcomes = await Promise.allSettled(published)
    await Promise.all(ended)
    const taken = outcomes.flatMap(({ status }, n) => (status === 'fulfilled' ? [n] : []))
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'closed' })
    }
    const fresh = await new ChannelClient(process(key).response(requestAfter(), { from: 'start' })).rest()
    expect(fresh.types.at(-1)).toBe('sse:end')
    expect(
      numbers(fresh)
        .slice(4)
        .sort((a, b) => a - b),
    ).toEqual(taken)
    expect((await new ChannelClient(process(key).response(requestAfter())).rest()).types.at(-1)).toBe('sse:end')
  })
})
