// A reader of several topics receives the topics of an event, but never a topic that it did not ask for.
import { describe, expect, it } from 'vitest'
import { readEvents, subscribe } from '../../../src/client/index.ts'
import { createChannel, createStream, type EventLog, memoryLog, type ReaderOptions } from '../../../src/server/index.ts'
import { collectEvents } from '../../../src/testing/index.ts'
import { ChannelClient, requestAfter } from './channel-client.ts'

interface Events {
  changed: number
}

/** A log as one over a network is: without frames at hand. */
function plainLog(): EventLog {
  const log = memoryLog()
  return {
    append: (entries, options) => log.append(entries, options),
    read: (after, limit, options) => log.read(after, limit, options),
    follow: (onEntries, onLost) => log.follow(onEntries, onLost),
    close: () => log.close(),
  }
}

const published: readonly (readonly string[] | undefined)[] = [
  ['orders/7'],
  ['orders/7', 'users/3'],
  ['users/3', 'orders/7', 'users/3'],
  undefined,
  ['orders/8', 'secret'],
  ['secret'],
  ['users/3'],
]

/** The topic lines that each reader of topics receives, by the events above. */
const expectedLines: readonly [topics: string[] | undefined, lines: (readonly string[] | undefined)[]][] = [
  [undefined, [undefined]],
  [['orders/7'], [undefined, undefined, undefined]],
  [
    ['orders/7', 'orders/7'],
    [undefined, undefined, undefined],
  ],
  [
    ['orders/7', 'orders/8'],
    [['orders/7'], ['orders/7'], ['orders/7'], ['orders/8']],
  ],
  [
    ['orders/7', 'users/3'],
    [['orders/7'], ['orders/7', 'users/3'], ['users/3', 'orders/7'], ['users/3']],
  ],
  [['orders/*'], [['orders/7'], ['orders/7'], ['orders/7'], ['orders/8']]],
  [
    ['users/3', 'orders/*'],
    [['orders/7'], ['orders/7', 'users/3'], ['users/3', 'orders/7'], ['orders/8'], ['users/3']],
  ],
  [
    ['**'],
    [
      ['orders/7'],
      ['orders/7', 'users/3'],
      ['users/3', 'orders/7'],
      undefined,
      ['orders/8', 'secret'],
      ['secret'],
      ['users/3'],
    ],
  ],
]

describe.each([
  ['the memory log', memoryLog],
  ['a log without frames', plainLog],
])('over %s', (_, log) => {
  const publishAll = async (channel: ReturnType<typeof createChannel<Events>>) => {
    for (const [index, topics] of published.entries()) await channel.publish('changed', index, { topics })
  }
  const read = async (client: ChannelClient, count: number) => {
    await client.until(({ events }) => events.length === count)
    return client.events.map(({ topics }) => topics)
  }
  const all = () => true

  it.each(expectedLines)(
    'a reader of %j receives its topics, live and in replay, filtered or not',
    async (topics, expected) => {
      const channel = createChannel<Events>({ log: log() })
      const options: ReaderOptions<Events>[] = [{ topics }, { topics, filter: all }]
      const live = options.map((option) => new ChannelClient(channel.response(requestAfter(), option)))
      await Promise.all(live.map((client) => client.until(({ messages }) => messages.length === 1)))
      await publishAll(channel)
      for (const client of live) expect(await read(client, expected.length)).toEqual(expected)
      for (const option of options) {
        const late = new ChannelClient(channel.response(requestAfter(), { ...option, from: 'start' }))
        expect(await read(late, expected.length)).toEqual(expected)
      }
      await channel.close()
    },
  )

  it('the bytes of readers of one topic and of none are what they were', async () => {
    const channel = createChannel<Events>({ log: log() })
    await channel.publish('changed', 1, { topics: ['orders/7', 'users/3'] })
    const cursor = await channel.publish('changed', 2)
    await channel.close({ final: true })
    const text = (topics: string[] | undefined) => channel.response(requestAfter(), { topics, from: 'start' }).text()
    expect(await text(['users/3'])).not.toContain('topic')
    expect(await text(undefined)).toContain(`\n\nevent: changed\nid: ${cursor}\ndata: 2\n\n`)
    expect(await text(['users/3', 'users/4'])).toContain('\n\ntopic: users/3\nevent: changed\nid: ')
  })
})

describe('readers of the same topics', () => {
  it('share one write', async () => {
    const channel = createChannel<Events>()
    const readers = [
      ['a', 'b/*'],
      ['b/*', 'a'],
    ].map((topics) => channel.response(requestAfter(), { topics }).body!.getReader())
    await Promise.all(readers.map(async (reader) => [await reader.read(), await reader.read()]))
    await channel.publish('changed', 1, { topics: ['b/1'] })
    const [one, two] = await Promise.all(readers.map(async (reader) => (await reader.read()).value))
    expect(new TextDecoder().decode(one)).toMatch(/^topic: b\/1\nevent: changed\n/)
    expect(one).toBe(two)
  })
})

describe('a topic with a line break', () => {
  it('is refused where one publishes', () => {
    const publish = () => createChannel<Events>().publish('changed', 1, { topics: ['a', 'b\ndata: forged'] })
    expect(publish).toThrowError(
      expect.objectContaining({
        code: 'invalid-option',
        message: 'topic "b\\ndata: forged" contains a line break; publish with names of one line',
      }),
    )
  })

  it('in a log of somebody else forges nothing', async () => {
    const log = memoryLog()
    const channel = createChannel<Events>({ log })
    log.append([{ type: 'changed', data: '1', topics: ['a\n\ndata: forged', 'a'] }])
    const client = new ChannelClient(channel.response(requestAfter(), { topics: ['**'], from: 'start' }))
    await client.until(({ events }) => events.length === 1)
    expect(client.events).toEqual([{ type: 'changed', data: '1', id: client.cursor, topics: ['a'] }])
  })
})

describe('the client', () => {
  const handler = () => {
    const channel = createChannel<Events>()
    for (const topics of [['a'], ['a', 'b']]) channel.publish('changed', 1, { topics })
    return async () => channel.response(requestAfter(), { topics: ['a', 'b'], from: 'start' })
  }

  it('finds them on the events of listeners and loops', async () => {
    const seen: unknown[] = []
    const subscription = subscribe<Events>('http://127.0.0.1/events', { fetch: handler() })
    subscription.on('changed', (_, { topics }) => seen.push(topics))
    subscription.onAny(({ topics }) => seen.push(topics))
    for await (const { topics } of subscription.events('changed')) if (seen.push(topics) === 6) break
    subscription.close()
    expect(seen.filter((topics) => `${topics}` === 'a')).toHaveLength(3)
    expect(seen.filter((topics) => `${topics}` === 'a,b')).toHaveLength(3)
  })

  it('finds them in readEvents()', async () => {
    const seen: unknown[] = []
    for await (const { topics } of readEvents<Events>(await handler()())) if (seen.push(topics) === 2) break
    expect(seen).toEqual([['a'], ['a', 'b']])
  })
})

describe('what a handler sends itself', () => {
  it.each(['events', 'comments'] as const)('has the topics that it names, with controls as %s', async (controls) => {
    const stream = createStream<Events>(undefined, { controls })
    stream.send('changed', 1, { topics: ['orders/7', 'users/3'], id: '7' })
    stream.send('changed', 2, { topics: [] })
    stream.close()
    const [one, two] = await collectEvents(stream.response)
    expect(one).toEqual({ type: 'changed', data: 1, id: '7', topics: ['orders/7', 'users/3'] })
    expect(two).toEqual({ type: 'changed', data: 2, id: '7' })
  })

  it.each(['a\ndata: forged', 'a\0', 5])('refuses the topic %j', (topic) => {
    const stream = createStream<Events>()
    const send = () => stream.send('changed', 1, { topics: [topic as string] })
    expect(send).toThrowError(expect.objectContaining({ code: 'invalid-field' }))
  })
})
