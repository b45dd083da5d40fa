// With maxLag a reader waits for its client to confirm what it has seen, and nothing that a client sends makes it wait for ever.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createChannel, type ReaderOptions } from '../../../src/server/index.ts'
import { ChannelClient } from './channel-client.ts'

interface Events {
  price: number
  note: string
}

beforeEach(
  () =>
    void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] }),
)
afterEach(() => void vi.useRealTimers())

async function wait(ms: number): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  await vi.advanceTimersByTimeAsync(ms)
  await new Promise((resolve) => setImmediate(resolve))
}

function scene(options: ReaderOptions<Events> = {}) {
  const channel = createChannel<Events>({ stream: { heartbeat: 1_000 } })
  const reader = { maxLag: 500, client: 'k3x9', ...options }
  const client = new ChannelClient(channel.response(new Request('http://127.0.0.1/prices?client=k3x9'), reader))
  client.rest().catch(() => {})
  const post = (cursor: string, name = 'k3x9') =>
    channel.acknowledge(
      new Request(`http://127.0.0.1/prices?client=${name}`, { method: 'POST', headers: { 'Last-Event-ID': cursor } }),
    )
  const confirm = () => post(client.cursor)
  const publish = async (...amounts: number[]) => {
    for (const amount of amounts) channel.publish('price', amount, { key: 'ACME' })
    await wait(0)
  }
  return { channel, client, post, confirm, publish }
}

describe('a reader with maxLag', () => {
  it('waits for as long as a timer can, and no timer fires at once', async () => {
    const { client, publish } = scene({ maxLag: 2 ** 31 - 1 })
    await publish(1)
    await publish(2)
    const setTimer = vi.spyOn(globalThis, 'setTimeout')
    await wait(500)
    expect(setTimer.mock.calls.length).toBeLessThan(5)
    expect(setTimer.mock.calls.every(([, delay = 0]) => delay < 2 ** 31)).toBe(true)
    await client.disconnect()
  })

  it('has one write under way until it knows how long confirmations take, then sends the newest', async () => {
    const { client, confirm, publish } = scene()
    await publish(1)
    await publish(2)
    await publish(3)
    expect(client.payloads).toEqual([1])
    await wait(100)
    expect(confirm()).toBe(true)
    await wait(0)
    expect(client.payloads).toEqual([1, 3])
    await client.disconnect()
  })

  it('has several under way while confirmations are quick, and one again when they are not', async () => {
    const { client, confirm, publish } = scene()
    await publish(1)
    await wait(20)
    confirm()
    for (const amount of [2, 3, 4]) await publish(amount)
    expect(client.payloads).toEqual([1, 2, 3, 4])
    await wait(250)
    await publish(5)
    expect(client.payloads).toEqual([1, 2, 3, 4])
    await wait(50)
    confirm()
    await wait(0)
    expect(client.payloads).toEqual([1, 2, 3, 4, 5])
    await publish(6)
    expect(client.payloads).toEqual([1, 2, 3, 4, 5])
    await client.disconnect()
  })

  it('keeps its pace', async () => {
    const { client, confirm, publish } = scene({ every: 100 })
    await wait(500)
    await publish(1)
    confirm()
    await publish(2)
    expect(client.payloads).toEqual([1])
    await wait(100)
    expect(client.payloads).toEqual([1, 2])
    await wait(400)
    await publish(3)
    await wait(200)
    expect(client.payloads).toEqual([1, 2])
    confirm()
    await wait(0)
    expect(client.payloads).toEqual([1, 2, 3])
    await client.disconnect()
  })

  it.each([undefined, 100])('takes all values sent together for one write, with every: %j', async (every) => {
    const { channel, client, post, confirm } = scene({ every })
    const prices = async () => {
      for (let symbol = 0; symbol < 400; symbol++) channel.publish('price', symbol, { key: `${symbol}` })
      await wait(0)
    }
    await prices()
    await wait(400)
    confirm()
    await prices()
    await prices()
    await wait(400)
    confirm()
    await wait(0)
    const before = client.messages.length
    await wait(90)
    // A part of the last values.
    post(client.messages[before - 250]!.id)
    for (let count = 0; count < 3; count++) {
      await prices()
      await wait(40)
    }
    expect(client.messages).toHaveLength(before)
    confirm()
    await wait(100)
    expect(client.messages).toHaveLength(before + 400)
    await client.disconnect()
  })

  it('leaves out no event without a key', async () => {
    const { channel, client, confirm } = scene()
    for (const text of ['a', 'b', 'c', 'd']) {
      channel.publish('note', text)
      await wait(0)
    }
    expect(client.payloads).toEqual(['a'])
    await wait(300)
    confirm()
    await wait(0)
    expect(client.payloads).toEqual(['a', 'b', 'c', 'd'])
    await client.disconnect()
  })

  it('is not stuck when its client confirms nothing', async () => {
    const { client, publish } = scene()
    await publish(1)
    await publish(2)
    await wait(4_900)
    expect(client.payloads).toEqual([1])
    await wait(100)
    expect(client.payloads).toEqual([1, 2])
    await client.disconnect()
    expect(vi.getTimerCount()).toBe(0)
  })

  it.each([{}, { final: true }])('is sent everything by close(%j)', async (options) => {
    const { channel, client, publish } = scene()
    await publish(1)
    await publish(2)
    const closed = channel.close(options)
    await client.rest()
    await closed
    expect(client.payloads).toEqual([1, 2])
  })

  it('confirms a part by the id of an event within a write', async () => {
    const { channel, client, post } = scene()
    for (const text of ['a', 'b']) channel.publish('note', text)
    await wait(0)
    channel.publish('note', 'c')
    await wait(0)
    const [, first] = client.messages
    expect(post(first!.id)).toBe(false)
    await wait(0)
    expect(client.payloads).toEqual(['a', 'b'])
    expect(post(client.cursor)).toBe(true)
    await wait(0)
    expect(client.payloads).toEqual(['a', 'b', 'c'])
    await client.disconnect()
  })
})

describe('a confirmation', () => {
  it('of a foreign cursor, an unknown client or nothing at all is ignored', async () => {
    const { channel, client, post, publish } = scene()
    await publish(1)
    await publish(2)
    const [epoch] = client.cursor.split('.')
    for (const cursor of [
      '',
      '7',
      'k3x9.1',
      `${epoch}.zzz`,
      `${epoch}.0`,
      `${epoch}.-1`,
      'sse:end',
      'x'.repeat(9_000),
    ]) {
      expect(post(cursor)).toBe(false)
    }
    expect(post(client.cursor, 'other')).toBe(false)
    expect(post(client.cursor, '')).toBe(false)
    expect(channel.acknowledge(new Request('http://127.0.0.1/'))).toBe(false)
    expect(channel.acknowledge({ headers: {} })).toBe(false)
    await wait(0)
    expect(client.payloads).toEqual([1])
    await client.disconnect()
  })

  it('is taken from a request of Node, and from the query', async () => {
    const { channel, client, publish } = scene()
    await publish(1)
    const url = '/prices?client=k3x9'
    expect(channel.acknowledge({ url, headers: { 'last-event-id': client.cursor } })).toBe(true)
    await publish(2)
    expect(channel.acknowledge({ url: `${url}&lastEventId=${client.cursor}`, headers: {} })).toBe(true)
    expect(channel.acknowledge({ url, headers: { 'last-event-id': client.cursor } })).toBe(false)
    await client.disconnect()
    expect(channel.acknowledge({ url, headers: { 'last-event-id': client.cursor } })).toBe(false)
  })

  it('goes to the newest connection of a client', async () => {
    const { channel, client: first, confirm, publish } = scene()
    const options = { maxLag: 500, client: 'k3x9' }
    const second = new ChannelClient(channel.response(new Request('http://127.0.0.1/prices'), options))
    second.rest().catch(() => {})
    await publish(1)
    await first.disconnect()
    await publish(2)
    expect(second.payloads).toEqual([1])
    expect(confirm()).toBe(true)
    await wait(0)
    expect(second.payloads).toEqual([1, 2])
    await second.disconnect()
  })
})

it.each([
  [{ maxLag: 500 }, 'client is undefined; give a name'],
  [{ maxLag: 500, client: '' }, 'client is ""; give a name'],
  [{ maxLag: 500, client: 7 }, 'client is 7; give a name'],
  [{ maxLag: 0, client: 'a' }, 'maxLag is 0; give milliseconds from 1 to 2147483647'],
  [{ maxLag: -1, client: 'a' }, 'maxLag is -1; give milliseconds from 1 to 2147483647'],
  [{ maxLag: Number.NaN, client: 'a' }, 'maxLag is NaN; give milliseconds from 1 to 2147483647'],
  [{ maxLag: '500', client: 'a' }, 'maxLag is "500"; give milliseconds from 1 to 2147483647'],
])('%j is refused', (options, message) => {
  const channel = createChannel<Events>()
  expect(() => channel.response(new Request('http://127.0.0.1/'), options as never)).toThrow(
    expect.objectContaining({ code: 'invalid-option', message }),
  )
})
