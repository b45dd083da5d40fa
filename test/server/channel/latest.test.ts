// A key names the subject of an event: clients that begin with 'latest', or are behind, are sent the newest event of each.
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import {
  createChannel,
  type EventLog,
  memoryLog,
  type PublishOptions,
  type ReaderOptions,
} from '../../../src/server/index.ts'
import { sqliteLog } from '../../../src/server/log/sqlite/index.ts'
import { ChannelClient, requestAfter } from './channel-client.ts'

interface Events {
  price: { symbol: string; amount: number; pad?: string }
  stock: { symbol: string; amount: number }
  note: string
}

function scene(log?: EventLog) {
  const channel = createChannel<Events>({ log, stream: { heartbeat: false } })
  const price = (symbol: string, amount: number, options?: PublishOptions) =>
    channel.publish('price', { symbol, amount }, { key: symbol, ...options })
  const read = (options?: ReaderOptions<Events>, cursor?: string) =>
    new ChannelClient(channel.response(requestAfter(cursor), options))
  return { channel, price, read }
}

const amounts = ({ events }: ChannelClient) => events.map(({ data }) => JSON.parse(data).amount ?? JSON.parse(data))
const hasCursor = ({ types }: ChannelClient) => types.includes('sse:cursor')

describe("from: 'latest'", () => {
  it('begins with the newest event of each name and key, in order, then goes on live', async () => {
    const { channel, price, read } = scene()
    price('ACME', 100)
    channel.publish('note', 'before')
    price('INIT', 7)
    price('ACME', 101)
    channel.publish('stock', { symbol: 'ACME', amount: 50 }, { key: 'ACME' })
    const client = read({ from: 'latest' })
    await client.until(hasCursor)
    expect(client.types).toEqual(['price', 'price', 'stock', 'sse:cursor'])
    expect(amounts(client)).toEqual([7, 101, 50])
    channel.publish('note', 'after')
    price('INIT', 8)
    await client.until(({ events }) => events.length === 5)
    expect(amounts(client)).toEqual([7, 101, 50, 'after', 8])
    await client.disconnect()
  })

  it('leaves out a key that was forgotten, and a client that is there is sent that event', async () => {
    const { price, read } = scene()
    const early = read({ from: 'latest' })
    price('ACME', 100)
    price('INIT', 7)
    await early.until(({ events }) => events.length === 2)
    price('ACME', 0, { forget: true })
    const late = await read({ from: 'latest' }).until(hasCursor)
    expect(amounts(late)).toEqual([7])
    await early.until(({ events }) => events.length === 3)
    price('ACME', 102)
    const latest = await read({ from: 'latest' }).until(hasCursor)
    expect(amounts(latest)).toEqual([7, 102])
    for (const client of [early, late, latest]) await client.disconnect()
  })

  it('has a key whose last event was trimmed, and is not a gap', async () => {
    const { price, read } = scene(memoryLog({ maxEvents: 3 }))
    price('COLD', 1)
    for (let amount = 0; amount < 20; amount++) price('HOT', amount)
    const client = await read({ from: 'latest' }).until(hasCursor)
    expect(amounts(client)).toEqual([1, 19])
    expect(client.types).not.toContain('sse:gap')
    await client.disconnect()
  })

  it('is not a gap on a log that another process has begun and that is whole', async () => {
    const database = new DatabaseSync(':memory:')
    const before = scene(sqliteLog({ database, key: 'prices' }))
    await before.price('COLD', 1)
    await before.price('HOT', 2)
    const client = await scene(sqliteLog({ database, key: 'prices' }))
      .read({ from: 'latest' })
      .until(hasCursor)
    expect(client.types).toEqual(['price', 'price', 'sse:cursor'])
    await client.disconnect()
  })

  it('looks only at events that the topics let through', async () => {
    const { price, read } = scene()
    price('ACME', 1, { topics: ['london'] })
    price('ACME', 2, { topics: ['tokyo'] })
    price('ACME', 3)
    const of = async (topics?: string[]) => amounts(await read({ from: 'latest', topics }).until(hasCursor))
    expect(await of(['london'])).toEqual([1])
    expect(await of(['tokyo'])).toEqual([2])
    expect(await of(['london', 'tokyo'])).toEqual([2])
    expect(await of()).toEqual([3])
    expect(await of(['**'])).toEqual([3])
    price('ACME', 0, { topics: ['tokyo'], forget: true })
    expect(await of(['london', 'tokyo'])).toEqual([])
    expect(await of(['london'])).toEqual([1])
  })

  it('looks only at events that the filter lets through', async () => {
    const { price, read } = scene()
    for (const amount of [101, 99, 102, 98]) price('ACME', amount)
    price('INIT', 1)
    const client = await read({ from: 'latest', filter: ({ data }) => (data as Events['price']).amount > 100 }).until(
      hasCursor,
    )
    expect(amounts(client)).toEqual([102])
    await client.disconnect()
  })

  it('comes after a snapshot, before what has happened while that ran', async () => {
    const { channel, price, read } = scene()
    price('ACME', 100)
    price('INIT', 7)
    channel.publish('note', 'before')
    const client = read({
      from: 'latest',
      snapshot: async (stream) => {
        stream.send('note', 'snapshot')
        await price('ACME', 101)
        await channel.publish('note', 'meanwhile')
      },
    })
    await client.until(({ events }) => events.length === 4)
    expect(amounts(client)).toEqual(['snapshot', 7, 101, 'meanwhile'])
    await client.disconnect()
  })

  it('goes on from a cursor in its middle, with what the client lacks', async () => {
    const { price, read } = scene()
    for (const [index, symbol] of ['A', 'B', 'C', 'D'].entries()) price(symbol, index)
    const first = await read({ from: 'latest' }).until(hasCursor)
    const afterB = first.messages[1]!.id
    await first.disconnect()
    price('A', 9)
    const second = read({ from: 'latest' }, afterB)
    await second.until(({ events }) => events.length === 3)
    expect(amounts(second)).toEqual([2, 3, 9])
    expect(second.types).not.toContain('sse:gap')
    await second.disconnect()
  })

  it('begins anew after a gap', async () => {
    const { price, read } = scene(memoryLog({ maxEvents: 2 }))
    const old = await price('COLD', 1)
    for (let amount = 0; amount < 5; amount++) price('HOT', amount)
    const client = await read({ from: 'latest' }, old).until(hasCursor)
    expect(client.types).toEqual(['sse:gap', 'price', 'price', 'sse:cursor'])
    expect(amounts(client)).toEqual([1, 4])
    await client.disconnect()
  })

  it('holds no more values than it has room for, and says so with a gap', async () => {
    const { channel, price, read } = scene()
    for (let index = 0; index < 1_200; index++) {
      channel.publish('price', { symbol: `${index}`, amount: index, pad: 'x'.repeat(8_000) }, { key: `${index}` })
    }
    price('ACME', 1)
    const client = await read({ from: 'latest' }).until(hasCursor)
    expect(client.types[0]).toBe('sse:gap')
    expect(amounts(client).at(-1)).toBe(1)
    expect(client.events.length).toBeGreaterThan(900)
    expect(client.events.length).toBeLessThan(1_200)
    await client.disconnect()
  })

  it('reports a log that fails, once, and closes the stream', async () => {
    const log = memoryLog()
    const { channel, read } = scene({
      append: (entries) => log.append(entries),
      follow: (onEntries, onLost) => log.follow(onEntries, onLost),
      close: () => {},
      read: (after, limit) => (limit > 0 ? Promise.reject(new Error('down')) : Promise.resolve(log.read(after, limit))),
    })
    const errors: string[] = []
    channel.onError(({ code }) => errors.push(code))
    const client = await read({ from: 'latest' }).rest()
    expect(client.types).toEqual([])
    expect(errors).toEqual(['log-failed'])
  })
})

describe('a client that was away', () => {
  it('is sent the newest event of each key and every event without one, and that is not a gap', async () => {
    const { channel, price, read } = scene()
    const cursor = await price('ACME', 0)
    price('ACME', 1)
    channel.publish('note', 'one')
    price('INIT', 2)
    price('ACME', 3)
    channel.publish('note', 'two')
    const client = read({}, cursor)
    await client.until(({ events }) => events.length === 4)
    expect(amounts(client)).toEqual(['one', 2, 3, 'two'])
    expect(client.types).not.toContain('sse:gap')
    price('ACME', 4)
    await client.until(({ events }) => events.length === 5)
    await client.disconnect()
  })

  it('is told that values are missing when long keys alone are more than a channel holds', async () => {
    const channel = createChannel<{ price: number }>({ log: memoryLog({ maxEvents: 1 }) })
    const open = () => new ChannelClient(channel.response(requestAfter(), { from: 'latest' }))
    const first = open()
    for (let n = 0; n < 9_000; n++) channel.publish('price', n, { key: `${n}`.padEnd(1_000, '-') })
    await channel.publish('price', 9_000)
    const late = open()
    await late.until(({ messages }) => messages.some(({ type }) => type === 'sse:gap'))
    await Promise.all([first.disconnect(), late.disconnect()])
  })

  it('is sent no event twice where several rounds are needed', async () => {
    const { channel, read } = scene()
    const cursor = await channel.publish('note', 'begin')
    const pad = 'x'.repeat(40_000)
    for (let round = 0; round < 4; round++) {
      for (const symbol of ['A', 'B', 'C']) channel.publish('price', { symbol, amount: round, pad }, { key: symbol })
    }
    const client = read({}, cursor)
    await client.take()
    for (const symbol of ['A', 'B', 'C']) channel.publish('price', { symbol, amount: 9 }, { key: symbol })
    await client.until((client) => amounts(client).filter((amount) => amount === 9).length === 3)
    expect(amounts(client)).toEqual([3, 3, 3, 9, 9, 9])
    await client.disconnect()
  })
})

describe('publishing', () => {
  it.each([
    [{ key: 7 }, 'key is 7; give text of 1 to 1024 characters'],
    [{ key: '' }, 'key is ""; give text of 1 to 1024 characters'],
    [{ key: null }, 'key is null; give text of 1 to 1024 characters'],
    [{ key: 'x'.repeat(1_025) }, `key is "${'x'.repeat(80)}…"; give text of 1 to 1024 characters`],
    [{ forget: true }, 'forget is true; give true or false, and the key to forget'],
    [{ topic: 'user/7' }, 'topic is "user/7"; publish() takes topics, key, forget and traceparent'],
    [{ key: 'ACME', forget: 'yes' }, 'forget is "yes"; give true or false, and the key to forget'],
  ])('refuses %j', (options, message) => {
    const { channel } = scene()
    expect(() => channel.publish('note', 'x', options as never)).toThrow(
      expect.objectContaining({ code: 'invalid-option', message }),
    )
  })

  it('takes keys from a piped source', async () => {
    const { channel, read } = scene()
    await channel.pipe([
      { type: 'note', data: 'one', key: 'a' },
      { type: 'note', data: 'two', key: 'a' },
      { type: 'note', data: 'gone', key: 'b', forget: true },
    ])
    const client = await read({ from: 'latest' }).until(hasCursor)
    expect(amounts(client)).toEqual(['two'])
    await client.disconnect()
  })
})

describe('with control information in comments', () => {
  const textOf = async (response: Response, isThere: RegExp) => {
    const reader = response.body!.getReader()
    let text = ''
    while (!isThere.test(text)) text += new TextDecoder().decode((await reader.read()).value)
    await reader.cancel()
    return text
  }

  it("'latest' is followed by the position as a block, and no event of ours is sent", async () => {
    const channel = createChannel<Events>({ stream: { controls: 'comments', heartbeat: false } })
    for (const amount of [1, 2]) channel.publish('price', { symbol: 'ACME', amount }, { key: 'ACME' })
    const head = await channel.publish('note', 'before')
    const text = await textOf(channel.response(requestAfter(), { from: 'latest', every: 100 }), /\nid: \S+\n\n$/)
    expect(text).toContain('"amount":2')
    expect(text).not.toMatch(/"amount":1|event: sse:/)
    expect(text.endsWith(`\n\nid: ${head}\n\n`)).toBe(true)
  })

  it('a value that may be missing is a gap in a comment, which is reported to the server', async () => {
    const database = new DatabaseSync(':memory:')
    const log = () => sqliteLog({ database, key: 'prices', maxEvents: 2, maxAge: 60_000 })
    const before = scene(log())
    for (const amount of [1, 2, 3, 4]) await before.price(`S${amount}`, amount)
    const channel = createChannel<Events>({
      log: log(),
      stream: {
        controls: 'comments',
        heartbeat: false,
        onGap: (stream, { reason }) => stream.send('note' as never, reason as never),
      },
    })
    const text = await textOf(channel.response(requestAfter(), { from: 'latest' }), /"amount":4/)
    expect(text).toMatch(/: sse:gap \{"reason":"trimmed".*data: "trimmed".*"amount":3.*"amount":4/s)
  })
})
