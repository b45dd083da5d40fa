// Keys, `from: 'latest'` and `every` on a log in Redis: the rules of every log, with another process beside this one.
import * as fc from 'fast-check'
import { createClient } from 'redis'
import { describe, expect, inject, it } from 'vitest'
import { createChannel, type EventLog } from '../../src/server/index.ts'
import { redisLog } from '../../src/server/log/redis/index.ts'
import { ChannelClient, requestAfter } from '../server/channel/channel-client.ts'
import { play, runs, scenes } from '../server/channel/pace-model.ts'
import { promises } from '../server/channel/trimmed-values.ts'
import { A_MINUTE, newKey } from './clients.ts'

const url = inject('redisUrl')
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

describe.skipIf(url === undefined)('a log in Redis', () => {
  it.each([5, 40, 1_000])(
    'that keeps %i events: the last value of each key arrives, in order, also after restarts',
    async (maxEvents) => {
      const client = createClient({ url: url! })
      const property = fc.asyncProperty(scenes, async (scene) => {
        const key = newKey()
        const logs: EventLog[] = []
        const open = () => {
          for (const log of logs.splice(0)) void log.close()
          logs.push(redisLog({ client, key, maxEvents, expireAfter: A_MINUTE }))
          return logs[0]!
        }
        await play(scene, { open, wait: (ms) => pause(Math.min(ms, 20)), maxSize: 30_000, keepsValues: true })
        for (const log of logs) await log.close()
      })
      await fc.assert(property, runs(20))
    },
    600_000,
  )

  it('has the newest event of each key for a process that begins later', async () => {
    const key = newKey()
    const open = () => redisLog({ client: createClient({ url: url! }), key, expireAfter: A_MINUTE })
    const [first, second] = [open(), open()]
    const writer = createChannel<{ price: number }>({ log: first })
    for (const amount of [1, 2, 3]) await writer.publish('price', amount, { key: amount === 2 ? 'INIT' : 'ACME' })
    const channel = createChannel<{ price: number }>({ log: second })
    const client = new ChannelClient(channel.response(requestAfter(), { from: 'latest' }))
    await client.until(({ types }) => types.includes('sse:cursor'))
    expect(client.payloads).toEqual([2, 3])
    await writer.publish('price', 4, { key: 'ACME' })
    await client.until(({ events }) => events.length === 3)
    await client.disconnect()
    for (const log of [first, second]) await log.close()
  })

  describe('that was trimmed before a process begins', () => {
    it.each(Object.entries(promises))('%s', async (_, promise) => {
      const client = createClient({ url: url! })
      const key = newKey()
      await promise(() => redisLog({ client, key, maxEvents: 10, expireAfter: A_MINUTE }))
    })

    it('begins while others append faster than it reads', async () => {
      const key = newKey()
      const open = () => redisLog({ client: createClient({ url: url! }), key, maxEvents: 3_000, expireAfter: A_MINUTE })
      const [first, second] = [open(), open()]
      const writer = createChannel<{ price: number }>({ log: first })
      const batch = (from: number) =>
        Promise.all(Array.from({ length: 200 }, (_, n) => writer.publish('price', from + n, { key: `${n % 7}` })))
      await writer.publish('price', 1, { key: 'COLD' })
      for (let from = 0; from < 4_000; from += 200) await batch(from)
      let isDone = false
      const writing = (async () => {
        for (let from = 4_000; !isDone && from < 400_000; from += 200) await batch(from)
      })()
      const channel = createChannel<{ price: number }>({ log: second })
      const client = new ChannelClient(channel.response(requestAfter(), { from: 'latest' }))
      await client.until(({ types }) => types.includes('sse:cursor'))
      isDone = true
      await writing
      expect(client.types).not.toContain('sse:gap')
      expect(client.payloads[0]).toBe(1)
      await client.disconnect()
      for (const log of [first, second]) await log.close()
    })

    it('with maxAge forgets the values, too: a gap, exactly once, then the values of the history', async () => {
      const [key, client] = [newKey(), createClient({ url: url! })]
      const open = () => redisLog({ client, key, maxEvents: 10, maxAge: A_MINUTE, expireAfter: A_MINUTE })
      const writer = createChannel<{ price: number }>({ log: open() })
      await writer.publish('price', 1, { key: 'COLD' })
      for (let amount = 0; amount < 200; amount++) await writer.publish('price', amount, { key: 'HOT' })
      const channel = createChannel<{ price: number }>({ log: open() })
      const page = new ChannelClient(channel.response(requestAfter(), { from: 'latest' }))
      await page.until(({ types }) => types.includes('sse:cursor'))
      expect([page.types, page.payloads]).toEqual([['sse:gap', 'price', 'sse:cursor'], [199]])
      await page.disconnect()
    })
  })
})
