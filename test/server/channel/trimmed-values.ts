// A process that begins later and the keys whose last event was trimmed: the same on each log that keeps values.
import { expect } from 'vitest'
import { createChannel, type EventLog, type PublishOptions, type ReaderOptions } from '../../../src/server/index.ts'
import { ChannelClient, requestAfter } from './channel-client.ts'

interface Events {
  price: number
  note: string
}

/** Opens the same log once more, as another process would. */
export type OpenLog = () => EventLog

async function scene(open: OpenLog, use: (publish: Publish) => Promise<unknown>) {
  const log = open()
  const channel = createChannel<Events>({ log })
  await use((amount, key, options) => channel.publish('price', amount, { key, ...options }))
  await channel.close()
  await log.close()
}

type Publish = (amount: number, key?: string, options?: PublishOptions) => Promise<unknown>

/** A new process: the types and payloads that a new client of it receives up to its position. */
async function read(open: OpenLog, options: ReaderOptions<Events> = {}) {
  const log = open()
  const channel = createChannel<Events>({ log })
  const client = new ChannelClient(channel.response(requestAfter(), { from: 'latest', ...options }))
  await client.until(({ types }) => types.includes('sse:cursor'))
  const { payloads } = client
  const gaps = client.types.filter((type) => type === 'sse:gap').length
  await client.disconnect()
  await channel.close()
  await log.close()
  return { payloads, gaps }
}

const hot = async (publish: Publish, count = 40) => {
  for (let amount = 0; amount < count; amount++) await publish(amount, 'HOT')
}

/** The promises, by name. Each is given a log that keeps ten entries. */
export const promises: Record<string, (open: OpenLog) => Promise<void>> = {
  async 'a key whose last event was trimmed is there, and is not a gap'(open) {
    await scene(open, async (publish) => {
      await publish(1, 'COLD')
      await hot(publish)
      await publish(2, 'WARM')
    })
    expect(await read(open)).toEqual({ payloads: [1, 39, 2], gaps: 0 })
  },

  async 'a key is there that several processes have seen trimmed'(open) {
    for (const amount of [1, 2, 3]) {
      await scene(open, async (publish) => {
        await publish(amount, `COLD${amount}`)
        await hot(publish)
      })
    }
    expect(await read(open)).toEqual({ payloads: [1, 2, 3, 39], gaps: 0 })
  },

  async 'each list of topics has its own value'(open) {
    await scene(open, async (publish) => {
      await publish(1, 'ACME', { topics: ['london'] })
      await publish(2, 'ACME', { topics: ['tokyo'] })
      await publish(3, 'ACME')
      await publish(4, 'ACME', { topics: ['tokyo'] })
      await hot(publish)
    })
    expect((await read(open, { topics: ['london'] })).payloads).toEqual([1])
    expect((await read(open, { topics: ['london', 'tokyo'] })).payloads).toEqual([4])
    expect(await read(open)).toEqual({ payloads: [3, 39], gaps: 0 })
  },

  async 'a key that was forgotten is not there, whatever its topics were'(open) {
    await scene(open, async (publish) => {
      await publish(1, 'GONE')
      await publish(2, 'ACME', { topics: ['london'] })
      await publish(0, 'GONE', { forget: true })
      await publish(0, 'ACME', { topics: ['tokyo'], forget: true })
      await hot(publish)
    })
    expect(await read(open)).toEqual({ payloads: [39], gaps: 0 })
    expect((await read(open, { topics: ['**'] })).payloads).toEqual([39])
    expect((await read(open, { topics: ['london'] })).payloads).toEqual([2])
  },

  async 'a filter sees values that were trimmed'(open) {
    await scene(open, async (publish) => {
      await publish(1, 'COLD')
      await publish(2, 'EVEN')
      await hot(publish)
    })
    const filter: ReaderOptions<Events>['filter'] = ({ data }) => data !== 2 && (data as number) < 40
    expect((await read(open, { filter })).payloads).toEqual([1, 39])
  },

  async 'a filter that rejects the newest event of a key is a gap, because an earlier one was trimmed'(open) {
    await scene(open, async (publish) => {
      await publish(1, 'COLD')
      await publish(2, 'COLD')
      await hot(publish)
    })
    const odd: ReaderOptions<Events> = { filter: ({ data }) => (data as number) % 2 === 1 }
    expect(await read(open, odd)).toEqual({ payloads: [39], gaps: 1 })
    expect(await read(open, { filter: ({ data }) => data !== 1 })).toEqual({ payloads: [2, 39], gaps: 0 })
  },

  async 'a value of other topics does not hide that a passing one may be missing'(open) {
    await scene(open, async (publish) => {
      await publish(1, 'ACME')
      await publish(3, 'ACME', { topics: ['london'] })
      await publish(4, 'ACME', { topics: ['london'] })
      await hot(publish)
    })
    const odd: ReaderOptions<Events> = { topics: ['**'], filter: ({ data }) => (data as number) % 2 === 1 }
    expect((await read(open, odd)).gaps).toBe(1)
  },

  async 'a snapshot comes before the values'(open) {
    await scene(open, async (publish) => {
      await publish(1, 'COLD')
      await hot(publish)
    })
    const snapshot: ReaderOptions<Events>['snapshot'] = (stream) => void stream.send('note', 'snapshot')
    expect(await read(open, { snapshot })).toEqual({ payloads: ['snapshot', 1, 39], gaps: 0 })
  },

  async 'text of any kind is kept as it is'(open) {
    const key = 'a/"b"\\\n\u2028é😀'
    await scene(open, async (publish) => {
      await publish(1, key, { topics: ['x/"y"\\'] })
      await publish(2, key)
      await hot(publish)
    })
    expect((await read(open)).payloads).toEqual([2, 39])
    expect((await read(open, { topics: ['x/"y"\\'] })).payloads).toEqual([1])
  },

  async 'keys without number do not fill the store for ever: a gap says that values are missing'(open) {
    await scene(open, async (publish) => {
      const log = open()
      const channel = createChannel<Events>({ log })
      for (let n = 0; n < 200; n++) await channel.publish('note', 'x'.repeat(100_000), { key: `${n}` })
      await channel.close()
      await log.close()
      await hot(publish)
    })
    const { payloads, gaps } = await read(open)
    expect(gaps).toBe(1)
    expect(payloads.length).toBeGreaterThan(70)
    expect(payloads.length).toBeLessThan(190)
    expect(payloads.at(-1)).toBe(39)
  },
}
