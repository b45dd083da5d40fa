// A reader that is behind skips what a later event of the same key supersedes, and nothing else.
import { DatabaseSync } from 'node:sqlite'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Pace } from '../../../src/server/channel/pace.ts'
import { createChannel, memoryLog, type ReaderOptions } from '../../../src/server/index.ts'
import { sqliteLog } from '../../../src/server/log/sqlite/index.ts'
import { ChannelClient, requestAfter } from './channel-client.ts'
import { play, runs, scenes } from './pace-model.ts'

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

describe('however publishing, reading, stalling, leaving, confirming and restarting interleave', () => {
  for (const [size, maxSize] of [
    ['small', 10],
    ['large', 70_000],
  ] as const) {
    it(`the last value of each key arrives, in order, with ${size} events`, async () => {
      const property = fc.asyncProperty(scenes, async (scene) => {
        const log = memoryLog()
        await play(scene, { open: () => log, wait, maxSize, keepsValues: true })
      })
      await fc.assert(property, runs(100))
    }, 600_000)

    it(`trimmed events are reported as a gap, with ${size} events`, async () => {
      const property = fc.asyncProperty(scenes, fc.constantFrom(3, 20), async (scene, maxEvents) => {
        const log = memoryLog({ maxEvents })
        await play(scene, { open: () => log, wait, maxSize })
      })
      await fc.assert(property, runs(100))
    }, 600_000)
  }

  it('on SQLite, which loses no value when it is trimmed before a restart', async () => {
    const property = fc.asyncProperty(scenes, fc.constantFrom(3, 20, 1_000), async (scene, maxEvents) => {
      const database = new DatabaseSync(':memory:')
      const open = () => sqliteLog({ database, key: 'prices', maxEvents })
      await play(scene, { open, wait, maxSize: 30_000, keepsValues: true })
      database.close()
    })
    await fc.assert(property, runs(60))
  }, 600_000)
})

interface Events {
  price: number
  note: string
}

function scene(every: number, options: ReaderOptions<Events> = {}) {
  const channel = createChannel<Events>({ stream: { heartbeat: 1_000 } })
  const client = new ChannelClient(channel.response(requestAfter(), { every, ...options }))
  client.rest().catch(() => {})
  const price = (amount: number, key = 'ACME') => channel.publish('price', amount, { key })
  return { channel, client, price }
}

describe('every', () => {
  it('writes an event to an idle client at once, and the newest of the others when the interval is over', async () => {
    const { client, price } = scene(250)
    await wait(1_000)
    price(1)
    await wait(0)
    expect(client.payloads).toEqual([1])
    for (const amount of [2, 3, 4]) {
      await wait(50)
      price(amount)
      price(amount * 10, 'INIT')
    }
    await wait(99)
    expect(client.payloads).toEqual([1])
    await wait(1)
    expect(client.payloads).toEqual([1, 4, 40])
    await wait(249)
    price(5)
    await wait(0)
    expect(client.payloads).toEqual([1, 4, 40])
    await wait(1)
    expect(client.payloads).toEqual([1, 4, 40, 5])
    await client.disconnect()
  })

  it('the value that a client holds is never older than the interval and the time between two changes', async () => {
    const channel = createChannel<{ price: { key: string; at: number } }>({ stream: { heartbeat: false } })
    const clients = [0, 0, 0].map(() => new ChannelClient(channel.response(requestAfter(), { every: 200 })))
    for (const client of clients) client.rest().catch(() => {})
    const [held, ages] = [new Map<string, number>(), [] as number[]]
    for (let now = 0; now < 5_000; now++) {
      // Twenty keys, each every 50 ms.
      for (let key = 0; key < 20; key++) {
        if ((now + key * 7) % 50 === 0) channel.publish('price', { key: `${key}`, at: now }, { key: `${key}` })
      }
      await vi.advanceTimersByTimeAsync(1)
      for (const client of clients) {
        for (const { data } of client.messages.splice(0)) {
          const { key, at } = JSON.parse(data) as { key?: string; at: number }
          if (key !== undefined) held.set(`${clients.indexOf(client)} ${key}`, at)
        }
      }
      if (now > 1_000) for (const at of held.values()) ages.push(now - at)
    }
    ages.sort((one, other) => one - other)
    expect(held.size).toBe(60)
    expect(ages.at(-1)).toBeLessThanOrEqual(200 + 50)
    expect(ages[Math.floor(ages.length * 0.99)]).toBeLessThanOrEqual(240)
    for (const client of clients) await client.disconnect()
  })

  it('keeps the order, and leaves out no event without a key', async () => {
    const { channel, client, price } = scene(250)
    await wait(1_000)
    price(0)
    await wait(0)
    price(1)
    channel.publish('note', 'a')
    price(2)
    channel.publish('note', 'b')
    await wait(250)
    expect(client.payloads).toEqual([0, 'a', 2, 'b'])
    await client.disconnect()
  })

  it('begins no new interval with a heartbeat', async () => {
    const { client, price } = scene(10_000)
    await wait(10_000)
    price(1)
    await wait(9_999)
    price(2)
    await wait(1)
    expect(client.comments.length).toBeGreaterThan(5)
    expect(client.payloads).toEqual([1, 2])
    await client.disconnect()
  })

  it('writes many readers the same bytes', async () => {
    const channel = createChannel<Events>({ stream: { heartbeat: false } })
    const readers = Array.from({ length: 3 }, () => channel.response(requestAfter(), { every: 100 }).body!.getReader())
    for (const reader of readers) for (let chunk = 0; chunk < 2; chunk++) await reader.read()
    await wait(500)
    for (let amount = 0; amount < 10; amount++) channel.publish('price', amount, { key: 'ACME' })
    const chunks = await Promise.all(readers.map(async (reader) => (await reader.read()).value))
    expect(new Set(chunks).size).toBe(1)
    for (const reader of readers) await reader.cancel()
  })

  it('holds back a bounded number of bytes, and loses none beyond', async () => {
    const { channel, client, price } = scene(250)
    await wait(1_000)
    price(0)
    await wait(0)
    const texts = Array.from({ length: 60 }, (_, index) => `${index} ${'x'.repeat(40_000)}`)
    for (const text of texts) channel.publish('note', text)
    for (let round = 0; round < 200; round++) await wait(5)
    expect(client.payloads).toEqual([0, ...texts])
    await client.disconnect()
  })

  it.each([{}, { final: true }])('close(%j) writes what is held back', async (options) => {
    const { channel, client, price } = scene(60_000)
    await wait(60_000)
    for (const amount of [1, 2]) {
      price(amount)
      await wait(0)
    }
    price(3)
    const closed = channel.close(options)
    await wait(0)
    await closed
    await client.rest()
    expect(client.payloads).toEqual([1, 3])
    expect(client.types.includes('sse:end')).toBe('final' in options)
  })

  it('close() writes what is held back until the very end of its window', async () => {
    const channel = createChannel<Events>({ stream: { heartbeat: false } })
    const [first, second] = [0, 1].map(() => new ChannelClient(channel.response(requestAfter(), { every: 20_000 })))
    await wait(20_000)
    channel.publish('price', 1, { key: 'ACME' })
    const closed = channel.close({ spread: 100 })
    await first!.rest()
    channel.publish('price', 2, { key: 'ACME' })
    await wait(100)
    await closed
    expect([first!.payloads, (await second!.rest()).payloads]).toEqual([[1], [1, 2]])
  })

  it('a group lets go of many small events, too, and its readers read the log', () => {
    const [write, lose] = [vi.fn(), vi.fn()]
    const pace = new Pace(60_000, { size: 1, live: [{ lose }], write })
    const note = (n: number) => ({ type: 'note', data: '', cursor: `e.${n}`, topics: undefined, key: undefined })
    pace.hold([note(1)], 'e.0')
    expect(write).toHaveBeenCalledTimes(1)
    pace.hold(
      Array.from({ length: 40_000 }, (_, index) => note(index + 2)),
      'e.1',
    )
    pace.flush()
    expect(write).toHaveBeenCalledTimes(1)
    expect(lose).toHaveBeenCalledExactlyOnceWith('e.1')
  })

  it('close() over a window keeps the pace of the readers that are still there', async () => {
    const channel = createChannel<Events>({ stream: { heartbeat: false } })
    const clients = Array.from(
      { length: 50 },
      () => new ChannelClient(channel.response(requestAfter(), { every: 1_000 })),
    )
    for (const client of clients) client.rest().catch(() => {})
    await wait(1_000)
    channel.publish('price', 0, { key: 'ACME' })
    const closed = channel.close({ spread: 10_000 })
    for (let n = 1; n <= 1_000; n++) {
      channel.publish('price', n, { key: 'ACME' })
      await wait(10)
    }
    await closed
    const last = clients.at(-1)!.payloads as number[]
    expect(last.length).toBeLessThanOrEqual(12)
    for (const [index, { payloads }] of clients.entries()) {
      expect(payloads.length).toBeLessThanOrEqual(3 + index / 5)
      // What is newest when it leaves: a fiftieth of the window later than the client before, by the clock of the rounds.
      expect(payloads.at(-1)).toBeGreaterThanOrEqual(index * 20 - 2)
    }
  })

  it.each([0, -1, 0.5, Number.NaN, Infinity, 2 ** 31, '250', null])('refuses %j', (every) => {
    const channel = createChannel<Events>()
    expect(() => channel.response(requestAfter(), { every: every as never })).toThrow(
      expect.objectContaining({ code: 'invalid-option' }),
    )
    expect(channel.size).toBe(0)
  })

  it('sets no timer in the past, of which Node would warn', async () => {
    const setTimer = vi.spyOn(globalThis, 'setTimeout')
    const channel = createChannel<Events>({ stream: { heartbeat: false } })
    for (let n = 0; n < 3; n++) channel.publish('note', 'x'.repeat(70_000))
    const client = new ChannelClient(channel.response(requestAfter(), { from: 'start', every: 250 }))
    client.rest().catch(() => {})
    for (let n = 0; n < 4; n++) {
      channel.publish('price', n, { key: 'ACME' })
      await wait(100)
    }
    expect(setTimer.mock.calls.map(([, delay]) => delay)).not.toHaveLength(0)
    for (const [, delay = 0] of setTimer.mock.calls) expect(delay).toBeGreaterThanOrEqual(0)
    await client.disconnect()
  })

  it('leaves no timer behind when the clients are gone', async () => {
    const { client, price } = scene(60_000)
    await wait(0)
    price(1)
    price(2)
    await wait(0)
    await client.disconnect()
    expect(vi.getTimerCount()).toBe(0)
  })
})

it('a large event is not cut in two by the next one', async () => {
  const channel = createChannel<Events>({ stream: { heartbeat: false } })
  channel.publish('note', 'begin')
  const client = new ChannelClient(channel.response(requestAfter(), { from: 'start', every: 250 }))
  channel.publish('note', 'a'.repeat(30_000))
  channel.publish('note', 'b'.repeat(70_000))
  client.rest().catch(() => {})
  for (let round = 0; round < 20; round++) {
    channel.publish('note', `${round}`.repeat(70_000))
    await wait(250)
  }
  for (let round = 0; round < 20; round++) await wait(250)
  expect((client.payloads as string[]).map((text) => text.length)).toHaveLength(23)
  await client.disconnect()
})
