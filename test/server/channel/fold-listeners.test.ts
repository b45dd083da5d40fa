// A listener of a fold may use its channel: order, positions and states stay exact.
import { describe, expect, it, onTestFinished } from 'vitest'
import { fold } from '../../../src/index.ts'
import { type Channel, createChannel, type EventLog, memoryLog } from '../../../src/server/index.ts'
import { sqliteLog } from '../../../src/server/log/sqlite/index.ts'
import { Folder } from '../log/sqlite/databases.ts'
import { ChannelClient } from './channel-client.ts'

interface Events {
  sum: number
  added: number
  noted: string
}

const logs: Record<string, () => EventLog> = {
  memory: () => memoryLog(),
  SQLite() {
    const folder = new Folder()
    onTestFinished(() => folder.remove())
    return sqliteLog({ database: folder.open(), key: 'sum' })
  },
}

/** The events that a client has, without the position that it was sent first. */
const eventsOf = ({ messages }: ChannelClient) =>
  messages
    .filter(({ type }) => ['sum', 'added', 'noted'].includes(type))
    .map(({ type, data }) => (type === 'noted' ? type : Number(data)))

const client = (channel: Channel<Events>, options = {}) =>
  new ChannelClient(channel.response(new Request('http://localhost/sum'), options))

describe.each(Object.entries(logs))('on a log in %s', (_, log) => {
  /** A channel with a fold that calls `use` once, when the sum is 1. */
  const scene = (use: (channel: Channel<Events>, get: () => number) => void) => {
    const channel = createChannel<Events>({ log: log() })
    const sum = fold(channel, { initial: 0, on: { added: (sum, item) => sum + item } })
    const first = sum.subscribe((state) => {
      if (state !== 1) return
      first()
      use(channel, sum.get)
    })
    onTestFinished(() => channel.close())
    return { channel, sum }
  }

  it.each([
    [
      'and reads the state',
      (channel: Channel<Events>, get: () => number) => {
        void channel.publish('noted', '')
        expect(get()).toBe(1)
      },
    ],
    ['more than a batch holds', (channel: Channel<Events>) => void channel.publish('noted', 'x'.repeat(70_000))],
    [
      'and lets a client join',
      (channel: Channel<Events>) => {
        void channel.publish('noted', '')
        void client(channel).rest()
      },
    ],
  ])('publishes %s', async (_, use) => {
    const { channel, sum } = scene(use)
    const one = client(channel)
    channel.publish('added', 1)
    channel.publish('added', 2)
    await channel.publish('added', 4)
    await channel.publish('added', 8)
    await one.until((one) => eventsOf(one).length >= 5)
    expect(eventsOf(one)).toEqual([1, 2, 4, 'noted', 8])
    expect(sum.get()).toBe(15)
    const late = client(channel, {
      snapshot: (stream: { send(type: string, data: number): void }) => stream.send('sum', sum.get()),
    })
    await channel.publish('added', 16)
    await late.until((late) => eventsOf(late).length >= 2)
    expect(eventsOf(late)).toEqual([15, 16])
    await Promise.all([one.disconnect(), late.disconnect()])
  })

  it('lets a client join, whose snapshot has what it received', async () => {
    const joined: ChannelClient[] = []
    const { channel, sum } = scene((channel) => {
      const snapshot = (stream: { send(type: string, data: number): void }) => stream.send('sum', sum.get())
      joined.push(client(channel, { snapshot }), client(channel))
    })
    channel.publish('added', 1)
    await channel.publish('added', 2)
    await channel.publish('added', 4)
    const [exact, plain] = joined as [ChannelClient, ChannelClient]
    await exact.until(({ messages }) => messages.at(-1)?.data === '4')
    await plain.until(({ messages }) => messages.at(-1)?.data === '4')
    const [first, ...others] = eventsOf(exact)
    expect(others.reduce((sum, item) => Number(sum) + Number(item), first)).toBe(7)
    expect(eventsOf(plain)).toEqual([4])
    await Promise.all(joined.map((client) => client.disconnect()))
  })
})
