// A channel gives every reader every event it wants, once and in order, or says what is gone.
import { describe, expect, expectTypeOf, it, vi } from 'vitest'
import { defineEvents, text } from '../../../src/index.ts'
import { createChannel, createStream, type EventLog, memoryLog, type Page } from '../../../src/server/index.ts'
import { ChannelClient, requestAfter } from './channel-client.ts'

interface Events {
  note: number
  done: undefined
}

const bigNote = 'x'.repeat(100_000)
const open = (channel = createChannel<Events>(), cursor?: string) =>
  new ChannelClient(channel.response(requestAfter(cursor)))
const publish = async (channel: ReturnType<typeof createChannel<Events>>, ...notes: number[]) => {
  const cursors = []
  for (const note of notes) cursors.push(await channel.publish('note', note))
  return cursors
}

describe('publishing', () => {
  it('reaches everybody who reads, with the cursor as its id', async () => {
    const channel = createChannel<Events>()
    const clients = [open(channel), open(channel)]
    const [cursor] = await publish(channel, 1)
    for (const client of clients) {
      await client.until(({ events }) => events.length === 1)
      expect(client.events).toEqual([{ type: 'note', data: '1', id: cursor }])
    }
  })

  it('makes one write of what one tick has published', async () => {
    const channel = createChannel<Events>()
    const client = open(channel)
    await client.until(({ messages }) => messages.length === 1)
    channel.publish('note', 1)
    channel.publish('note', 2)
    channel.publish('done')
    await client.take()
    expect(client.events.map(({ type, data }) => [type, data])).toEqual([
      ['note', '1'],
      ['note', '2'],
      ['done', ''],
    ])
  })

  it('encodes an event once for all readers, live and later', async () => {
    const toJSON = vi.fn(() => 'encoded')
    const channel = createChannel<{ note: unknown }>()
    const streams = [1, 2].map(() => createStream<{ note: unknown }>())
    for (const stream of streams) channel.subscribe(stream)
    const readers = streams.map((stream) => stream.response.body!.getReader())
    await Promise.all(readers.map(async (reader) => [await reader.read(), await reader.read()]))
    await channel.publish('note', { toJSON })
    const [one, two] = await Promise.all(readers.map(async (reader) => (await reader.read()).value))
    expect(toJSON).toHaveBeenCalledTimes(1)
    expect(one).toBe(two)
  })

  it('resolves to growing cursors of one epoch', async () => {
    const cursors = await publish(createChannel<Events>(), 1, 2, 3)
    expect(cursors.map((cursor) => cursor.split('.')[1])).toEqual(['1', '2', '3'])
    expect(new Set(cursors.map((cursor) => cursor.split('.')[0])).size).toBe(1)
  })

  it('refuses at once what cannot be sent, and publishes nothing', async () => {
    const channel = createChannel<any>()
    const client = open(channel)
    const cycle: unknown[] = []
    cycle.push(cycle)
    expect(() => channel.publish('note', 1n)).toThrow('payload of "note" cannot be encoded')
    expect(() => channel.publish('note', cycle)).toThrow('payload of "note" cannot be encoded')
    expect(() => channel.publish('no\nte', 1)).toThrow('event name "no\\nte" contains a line break')
    expect(() => channel.publish('sse:mine', 1)).toThrow('starts with "sse:"')
    expect(() => channel.publish('note', 1, { topics: [''] })).toThrow('topic is ""; give text of 1 to 1024 characters')
    expect(() => channel.publish('note', 1, { topics: ['a/*'] })).toThrow('is a pattern')
    await channel.publish('note', 7)
    await client.until(({ events }) => events.length === 1)
    expect(client.payloads).toEqual([7])
  })

  it('looks at the name and the topics before it encodes the payload', () => {
    const toJSON = vi.fn(() => 'encoded')
    const channel = createChannel<any>()
    expect(() => channel.publish('no\nte', { toJSON })).toThrow('contains a line break')
    expect(() => channel.publish('note', { toJSON }, { topics: ['a/*'] })).toThrow('is a pattern')
    expect(toJSON).not.toHaveBeenCalled()
  })

  it('hands out a long tick in pieces, and all of it', async () => {
    const channel = createChannel<{ note: string }>()
    const client = new ChannelClient(channel.response(requestAfter()))
    await client.until(({ messages }) => messages.length === 1)
    const all = Array.from({ length: 500 }, (_, index) => `${index} ${'y'.repeat(1000)}`)
    for (const note of all) channel.publish('note', note)
    await client.until(({ events }) => events.length === 500)
    expect(client.payloads).toEqual(all)
  })
})

describe('a client that is new', () => {
  it('gets its position first, and what is published from then on', async () => {
    const channel = createChannel<Events>()
    const [, head] = await publish(channel, 1, 2)
    const client = open(channel)
    await publish(channel, 3)
    await client.until(({ events }) => events.length === 1)
    expect(client.messages[0]).toEqual({ type: 'sse:cursor', data: '{}', id: head })
    expect(client.payloads).toEqual([3])
  })

  it('may begin at the start, or behind a cursor', async () => {
    const channel = createChannel<Events>()
    const [first] = await publish(channel, 1, 2, 3)
    const fromStart = new ChannelClient(channel.response(requestAfter(), { from: 'start' }))
    const fromFirst = new ChannelClient(channel.response(requestAfter(), { from: first }))
    await fromStart.until(({ events }) => events.length === 3)
    await fromFirst.until(({ events }) => events.length === 2)
    expect(fromStart.payloads).toEqual([1, 2, 3])
    expect(fromFirst.payloads).toEqual([2, 3])
  })

  it('learns how it began', async () => {
    const channel = createChannel<Events>()
    const [first, head] = await publish(channel, 1, 2)
    const start = (cursor?: string, options = {}) =>
      channel.subscribe(createStream<Events>(requestAfter(cursor)), options)
    expect(await start()).toEqual({ status: 'fresh', from: head })
    expect(await start(first)).toEqual({ status: 'resumed', from: first })
    expect(await start('junk')).toEqual({ status: 'gap', reason: 'malformed', from: head })
    const closed = createStream<Events>()
    closed.close()
    expect(await channel.subscribe(closed)).toMatchObject({ status: 'closed' })
  })
})

describe('a client that comes back', () => {
  it('gets what it has missed, and then what is new', async () => {
    const channel = createChannel<Events>()
    const client = open(channel)
    await publish(channel, 1)
    await client.until(({ events }) => events.length === 1)
    await client.disconnect()
    expect(channel.size).toBe(0)
    await publish(channel, 2, 3)
    const again = open(channel, client.cursor)
    await publish(channel, 4)
    await again.until(({ events }) => events.length === 3)
    expect(again.payloads).toEqual([2, 3, 4])
  })

  it('gets nothing but its cursor when it is merely caught up', async () => {
    const channel = createChannel<Events>()
    const [head] = await publish(channel, 1)
    const client = open(channel, head)
    await client.until(({ messages }) => messages.length === 1)
    expect(client.messages).toEqual([{ type: 'sse:cursor', data: '{}', id: head }])
    await publish(channel, 2)
    await client.until(({ events }) => events.length === 1)
    expect(client.payloads).toEqual([2])
  })

  it('keeps its id, before any event, for the next time', async () => {
    const channel = createChannel<Events>()
    await publish(channel, 1)
    const client = open(channel)
    await client.until(({ messages }) => messages.length === 1)
    await publish(channel, 2)
    expect((await open(channel, client.cursor).until(({ events }) => events.length === 1)).payloads).toEqual([2])
  })
})

describe('a gap', () => {
  it('is reported before anything newer when the history was trimmed; reading goes on at the oldest', async () => {
    const channel = createChannel<Events>({ log: memoryLog({ maxEvents: 3 }) })
    const [first] = await publish(channel, 1, 2, 3, 4, 5, 6)
    const client = await open(channel, first).until(({ events }) => events.length === 3)
    expect(client.types).toEqual(['sse:gap', 'note', 'note', 'note'])
    const [gap] = client.messages
    expect(JSON.parse(gap!.data)).toEqual({ reason: 'trimmed', oldest: gap!.id })
    expect(client.payloads).toEqual([4, 5, 6])
  })

  it.each([
    ['epoch', 'another.1'],
    ['malformed', 'not a cursor'],
    ['malformed', '17'],
  ])('is reported as %s for the id %s; reading goes on at the head', async (reason, id) => {
    const channel = createChannel<Events>()
    const [, head] = await publish(channel, 1, 2)
    const client = open(channel, id)
    await publish(channel, 3)
    await client.until(({ events }) => events.length === 1)
    expect(client.types).toEqual(['sse:gap', 'note'])
    expect(client.messages[0]!.id).toBe(head)
    expect(JSON.parse(client.messages[0]!.data).reason).toBe(reason)
    expect(client.payloads).toEqual([3])
  })

  it('is reported as ahead for a cursor that was never issued', async () => {
    const channel = createChannel<Events>()
    const [cursor] = await publish(channel, 1)
    const client = await open(channel, `${cursor}00`).until(({ messages }) => messages.length === 1)
    expect(JSON.parse(client.messages[0]!.data).reason).toBe('ahead')
  })

  it('is reported as slow to a reader that the history has left behind', async () => {
    const channel = createChannel<{ note: string }>({ log: memoryLog({ maxEvents: 3 }) })
    const client = new ChannelClient(channel.response(requestAfter()))
    await client.until(({ messages }) => messages.length === 1)
    for (let note = 0; note < 20; note++) await channel.publish('note', `${note} ${bigNote}`)
    await client.until(({ events }) => events.at(-1)?.data.startsWith('"19 '))
    const gap = client.messages.findIndex(({ type }) => type === 'sse:gap')
    expect(JSON.parse(client.messages[gap]!.data).reason).toBe('slow')
    const numbers = client.payloads.map((note) => Number((note as string).split(' ')[0]))
    expect(numbers.slice(-3)).toEqual([17, 18, 19])
    expect(numbers.slice(0, -3)).toEqual(numbers.slice(0, -3).map((_, index) => index))
  })

  it('is reported to a client that asks for the start of a history that was trimmed', async () => {
    const channel = createChannel<Events>({ log: memoryLog({ maxEvents: 3 }) })
    await publish(channel, 1, 2, 3, 4, 5)
    const stream = createStream<Events>(requestAfter())
    const client = new ChannelClient(stream.response)
    const resumption = await channel.subscribe(stream, { from: 'start' })
    await client.until(({ events }) => events.length === 3)
    expect(client.types).toEqual(['sse:gap', 'note', 'note', 'note'])
    const [gap] = client.messages
    expect(JSON.parse(gap!.data)).toEqual({ reason: 'trimmed', oldest: gap!.id })
    expect(resumption).toEqual({ status: 'gap', reason: 'trimmed', from: gap!.id })
    expect(client.payloads).toEqual([3, 4, 5])
  })

  it('at the start is followed by the snapshot, like any other', async () => {
    const channel = createChannel<Events>({ log: memoryLog({ maxEvents: 3 }) })
    const cursors = await publish(channel, 1, 2, 3, 4, 5)
    const stream = createStream<Events>(requestAfter())
    const client = new ChannelClient(stream.response)
    const resumption = await channel.subscribe(stream, { from: 'start', snapshot: (own) => own.send('note', 100) })
    await publish(channel, 6)
    await client.until(({ payloads }) => payloads.at(-1) === 6)
    expect(client.types).toEqual(['sse:gap', 'note', 'sse:cursor', 'note'])
    expect(client.payloads).toEqual([100, 6])
    expect(resumption).toEqual({ status: 'gap', reason: 'trimmed', from: cursors.at(-1) })
  })

  it('is reported at the start when everything has grown too old, and the end after it', async () => {
    vi.useFakeTimers()
    try {
      const channel = createChannel<Events>({ log: memoryLog({ maxAge: 1_000 }) })
      await publish(channel, 1)
      await channel.close({ final: true })
      await vi.advanceTimersByTimeAsync(2_000)
      const client = new ChannelClient(channel.response(requestAfter(), { from: 'start' }))
      expect((await client.rest()).types).toEqual(['sse:gap', 'sse:end'])
    } finally {
      vi.useRealTimers()
    }
  })

  it('never makes of an unknown id the events of another channel', async () => {
    const [one, other] = [createChannel<Events>(), createChannel<Events>()]
    const [cursor] = await publish(one, 1)
    await publish(other, 11, 12)
    const client = await open(other, cursor).until(({ messages }) => messages.length === 1)
    expect(JSON.parse(client.messages[0]!.data).reason).toBe('epoch')
  })
})

describe('a reader that does not read', () => {
  it('catches up from the log when it reads again, without a hole', async () => {
    const channel = createChannel<{ note: string }>()
    const client = new ChannelClient(channel.response(requestAfter()))
    for (let note = 0; note < 30; note++) await channel.publish('note', `${note} ${bigNote}`)
    await client.until(({ events }) => events.length === 30)
    expect(client.payloads.map((note) => Number((note as string).split(' ')[0]))).toEqual(
      Array.from({ length: 30 }, (_, n) => n),
    )
    expect(client.types.filter((type) => type === 'sse:gap')).toEqual([])
  })

  it('holds a cursor, not a queue', async () => {
    const channel = createChannel<{ note: string }>()
    const stream = createStream<{ note: string }>()
    channel.subscribe(stream)
    for (let note = 0; note < 100; note++) await channel.publish('note', bigNote)
    expect(stream.buffered).toBeLessThan(300_000)
  })

  it('does not keep the others from anything', async () => {
    const channel = createChannel<{ note: string }>()
    const stalled = createStream<{ note: string }>()
    channel.subscribe(stalled)
    const client = new ChannelClient(channel.response(requestAfter()))
    for (let note = 0; note < 30; note++) {
      await channel.publish('note', bigNote)
      await client.until(({ events }) => events.length === note + 1)
    }
  })
})

describe('topics', () => {
  const topical = () => createChannel<Events>()
  const reading = (channel: ReturnType<typeof topical>, topics?: string[], cursor?: string) =>
    new ChannelClient(channel.response(requestAfter(cursor), topics && { topics }))

  it('choose live and replayed events by the very same test', async () => {
    const channel = topical()
    const start = await channel.publish('note', 0)
    const all = [undefined, ['a'], ['a/b'], ['b'], ['a', 'b'], ['c/d/e']]
    const wanted: (string[] | undefined)[] = [undefined, ['a'], ['a/*'], ['a/**'], ['**'], ['b', 'c/*/e'], ['none']]
    const live = wanted.map((topics) => reading(channel, topics, start))
    for (const [index, topics] of all.entries()) await channel.publish('note', index + 1, topics && { topics })
    const last = await channel.publish('note', 99)
    const replayed = wanted.map((topics) => reading(channel, topics, start))
    const expected = [[1, 99], [2, 5], [3], [2, 3, 5], [1, 2, 3, 4, 5, 6, 99], [4, 5, 6], []]
    for (const [index, numbers] of expected.entries()) {
      for (const clients of [live, replayed]) {
        const client = clients[index]!
        if (numbers.length > 0) await client.until(({ events }) => events.length === numbers.length)
        expect(client.payloads).toEqual(numbers)
      }
    }
    expect(last).toMatch(/\.8$/)
  })

  it('report the position to a reader whose events were filtered out, at half the depth', async () => {
    const channel = createChannel<Events>({ log: memoryLog({ maxEvents: 100 }), stream: { heartbeat: false } })
    const client = reading(channel, ['rare'])
    await client.until(({ messages }) => messages.length === 1)
    for (let note = 0; note < 1000; note++) {
      await channel.publish('note', note, { topics: ['common'] })
    }
    const rare = await channel.publish('note', 5, { topics: ['rare'] })
    await client.until(({ events }) => events.length === 1)
    expect(client.cursor).toBe(rare)
    expect(client.types.filter((type) => type === 'sse:cursor').length).toBeGreaterThan(5)
    expect(client.types).not.toContain('sse:gap')
  })

  it('report the position instead of a heartbeat', async () => {
    vi.useFakeTimers()
    try {
      const channel = createChannel<Events>({ stream: { heartbeat: 1_000 } })
      const client = reading(channel, ['rare'])
      await client.until(({ messages }) => messages.length === 1)
      const common = await channel.publish('note', 1, { topics: ['common'] })
      await vi.advanceTimersByTimeAsync(1_000)
      await client.until(({ messages }) => messages.length === 2)
      expect(client.messages[1]).toEqual({ type: 'sse:cursor', data: '{}', id: common })
      await vi.advanceTimersByTimeAsync(1_000)
      const before = client.comments.length
      await client.until(({ comments }) => comments.length > before)
      expect(client.messages).toHaveLength(2)
    } finally {
      vi.useRealTimers()
    }
  })

  it('refuse an invalid pattern', () => {
    const channel = topical()
    expect(() => channel.response(requestAfter(), { topics: [''] })).toThrow(
      'topic is ""; give text of 1 to 1024 characters',
    )
    expect(channel.size).toBe(0)
  })
})

describe('a filter', () => {
  it('sees type, data decoded once, topics and id, live and in replay', async () => {
    const channel = createChannel<{ note: { n: number } }>()
    const start = await channel.publish('note', { n: 0 })
    const seen: unknown[] = []
    const filter = (event: { data: { n: number } }) => {
      seen.push(event)
      return event.data.n % 2 === 0
    }
    const clients = [1, 2].map(
      () => new ChannelClient(channel.response(requestAfter(start), { filter, topics: ['**'] })),
    )
    const odd = await channel.publish('note', { n: 1 })
    await channel.publish('note', { n: 2 }, { topics: ['t'] })
    clients.push(new ChannelClient(channel.response(requestAfter(start), { filter, topics: ['**'] })))
    for (const client of clients) {
      await client.until(({ events }) => events.length === 1)
      expect(client.payloads).toEqual([{ n: 2 }])
    }
    expect(seen[0]).toEqual({ type: 'note', data: { n: 1 }, topics: undefined, id: odd })
    expect(new Set(seen).size).toBe(2)
  })

  it('that throws closes its own stream only', async () => {
    const channel = createChannel<Events>()
    const failing = createStream<Events>()
    const cause = new Error('mine')
    channel.subscribe(failing, {
      filter: () => {
        throw cause
      },
    })
    const client = open(channel)
    await publish(channel, 1)
    await client.until(({ events }) => events.length === 1)
    expect(await failing.closed).toMatchObject({ reason: 'error', error: cause })
    expect(channel.size).toBe(1)
  })
})

describe('a snapshot', () => {
  it('comes before anything newer, without ids, and nothing falls between', async () => {
    const channel = createChannel<Events>()
    const head = await channel.publish('note', 1)
    let finish = () => {}
    const client = new ChannelClient(
      channel.response(requestAfter(), {
        async snapshot(stream) {
          stream.send('note', 100)
          await new Promise<void>((resolve) => {
            finish = resolve
          })
          stream.send('note', 101)
        },
      }),
    )
    await client.until(({ events }) => events.length === 1)
    const next = await channel.publish('note', 2)
    finish()
    await client.until(({ events }) => events.length === 3)
    expect(client.messages.map(({ type, data, id }) => [type, data, id])).toEqual([
      ['note', '100', ''],
      ['note', '101', ''],
      ['sse:cursor', '{}', head],
      ['note', '2', next],
    ])
  })

  it('follows a gap that carries no id, so that a client cut off in it starts it anew', async () => {
    const channel = createChannel<Events>()
    await publish(channel, 1)
    const client = new ChannelClient(
      channel.response(requestAfter('junk'), { snapshot: (stream) => void stream.send('note', 100) }),
    )
    await client.until(({ messages }) => messages.length === 3)
    expect(client.types).toEqual(['sse:gap', 'note', 'sse:cursor'])
    expect(client.messages.map(({ id }) => id === '')).toEqual([true, true, false])
  })

  it('may answer anything, as an arrow function around send does', async () => {
    const channel = createChannel<Events>()
    const client = new ChannelClient(
      channel.response(requestAfter(), { snapshot: (stream) => stream.send('note', 100) }),
    )
    await channel.publish('note', 1)
    await client.until(({ events }) => events.length === 2)
    expect(client.payloads).toEqual([100, 1])
    await client.disconnect()
  })

  it('does not run for a client that has missed nothing', async () => {
    const channel = createChannel<Events>()
    const [head] = await publish(channel, 1)
    const snapshot = vi.fn()
    await channel.subscribe(createStream<Events>(requestAfter(head)), { snapshot })
    expect(snapshot).not.toHaveBeenCalled()
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('mine')
      },
    ],
    ['rejects', () => Promise.reject(new Error('mine'))],
  ])('that %s closes its own stream only', async (_, snapshot) => {
    const channel = createChannel<Events>()
    const failing = createStream<Events>()
    channel.subscribe(failing, { snapshot })
    const client = open(channel)
    await publish(channel, 1)
    await client.until(({ events }) => events.length === 1)
    expect(await failing.closed).toMatchObject({ reason: 'error', error: new Error('mine') })
  })
})

describe('a stream', () => {
  it('joins one channel', () => {
    const stream = createStream<Events>()
    createChannel<Events>().subscribe(stream)
    expect(() => createChannel<Events>().subscribe(stream)).toThrowError(
      new TypeError('the stream has joined a channel; give each channel its own'),
    )
  })

  it('may send beside the channel, but no id, which would move the cursor', () => {
    const stream = createStream<Events>()
    createChannel<Events>().subscribe(stream)
    expect(stream.send('note', 1)).toBe(true)
    expect(() => stream.send('note', 1, { id: '5' })).toThrowError(
      expect.objectContaining({
        code: 'invalid-field',
        message: 'id "5" would move the cursor of a stream that has joined a channel; leave it out',
      }),
    )
  })

  it("sends with the channel's map, and with its own when the channel has none", async () => {
    const events = defineEvents({ line: text() })
    for (const [ofChannel, ofStream] of [
      [events, undefined],
      [undefined, events],
    ]) {
      const channel = createChannel<{ line: string }>({ events: ofChannel as any })
      const stream = createStream<{ line: string }>(undefined, { events: ofStream as any })
      channel.subscribe(stream, { snapshot: (own) => own.send('line', 'not JSON') })
      const client = await new ChannelClient(stream.response).until(({ events }) => events.length === 1)
      expect(client.events[0]!.data).toBe('not JSON')
    }
  })

  it('must be one of ours', () => {
    expect(() => createChannel<Events>().subscribe({} as never)).toThrow('give a stream made by createStream()')
  })

  it('is counted, and found, while it reads', async () => {
    const channel = createChannel<Events>()
    const [one, two] = [createStream<Events>(), createStream<Events>()]
    channel.subscribe(one)
    channel.subscribe(two)
    expect(channel.size).toBe(2)
    expect([...channel]).toEqual([one, two])
    one.close()
    expect([...channel]).toEqual([two])
  })
})

describe('closing', () => {
  it('gives each client a reconnection time of its own from the range', async () => {
    const channel = createChannel<Events>()
    const clients = Array.from({ length: 20 }, () => open(channel))
    await channel.close({ retry: { min: 2_000, max: 9_000 } })
    const retries = await Promise.all(clients.map(async (client) => (await client.rest()).retry!))
    for (const retry of retries) {
      expect(retry).toBeGreaterThanOrEqual(2_000)
      expect(retry).toBeLessThanOrEqual(9_000)
    }
    expect(new Set(retries).size).toBeGreaterThan(10)
    expect(channel.size).toBe(0)
  })

  it('gives every client the same reconnection time where it is a number', async () => {
    const channel = createChannel<Events>()
    const clients = [open(channel), open(channel)]
    await channel.close({ retry: 2_500 })
    expect(await Promise.all(clients.map(async (client) => (await client.rest()).retry))).toEqual([2_500, 2_500])
  })

  it('spreads the endings over the window, and takes publications until it is over', async () => {
    vi.useFakeTimers()
    try {
      const channel = createChannel<Events>()
      const streams = Array.from({ length: 100 }, () => createStream<Events>())
      for (const stream of streams) channel.subscribe(stream)
      const closing = channel.close({ spread: 1_000 })
      await vi.advanceTimersByTimeAsync(500)
      expect(channel.size).toBeGreaterThan(30)
      expect(channel.size).toBeLessThan(70)
      await channel.publish('note', 1)
      await vi.advanceTimersByTimeAsync(500)
      await closing
      expect(channel.size).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  it('answers a latecomer with 200, a reconnection time, and the end', async () => {
    const channel = createChannel<Events>()
    await channel.close()
    const response = channel.response(requestAfter())
    expect(response.status).toBe(200)
    const client = await new ChannelClient(response).rest()
    expect(client.retry).toBeGreaterThanOrEqual(1_000)
    expect(client.messages).toEqual([])
  })

  it('rejects what is published afterwards, and notifies onError; nobody need catch it', async () => {
    const channel = createChannel<Events>()
    const errors: unknown[] = []
    channel.onError((error) => errors.push(error))
    await channel.close()
    const refused = channel.publish('note', 1)
    await expect(refused).rejects.toMatchObject({
      code: 'closed',
      message: 'event "note" was published to a closed channel; create a new one',
    })
    expect(errors).toEqual([await refused.catch((error) => error)])
  })

  it('for good ends the log for present and later readers', async () => {
    const channel = createChannel<Events>()
    const present = open(channel)
    const cursor = await channel.publish('note', 1)
    await channel.publish('note', 2)
    await channel.close({ final: true })
    expect((await present.rest()).types).toEqual(['sse:cursor', 'note', 'note', 'sse:end'])
    expect(present.cursor).toBe('sse:end')
    expect((await open(channel, cursor).rest()).types).toEqual(['sse:cursor', 'note', 'sse:end'])
    expect((await open(channel).rest()).types).toEqual(['sse:cursor', 'sse:end'])
    expect((await new ChannelClient(channel.response(requestAfter(), { from: 'start' })).rest()).payloads).toEqual([
      1, 2,
    ])
    expect(channel.response(requestAfter('sse:end')).status).toBe(204)
  })

  it.each([
    ['malformed', 'not a cursor'],
    ['epoch', 'another.1'],
  ])('for good also ends a client whose cursor is %s, after the gap', async (reason, cursor) => {
    const channel = createChannel<Events>()
    await publish(channel, 1)
    await channel.close({ final: true })
    const client = await open(channel, cursor).until(({ types }) => types.length === 2)
    expect(client.types).toEqual(['sse:gap', 'sse:end'])
    expect(JSON.parse(client.messages[0]!.data).reason).toBe(reason)
  })

  it('for good is reported when the history that recorded it has grown too old', async () => {
    vi.useFakeTimers()
    try {
      const channel = createChannel<Events>({ log: memoryLog({ maxAge: 1_000 }) })
      const cursor = await channel.publish('note', 1)
      await channel.publish('note', 2)
      await channel.close({ final: true })
      await vi.advanceTimersByTimeAsync(2_000)
      expect((await open(channel).until(({ types }) => types.length === 2)).types).toEqual(['sse:cursor', 'sse:end'])
      const late = await open(channel, cursor).until(({ types }) => types.length === 2)
      expect(late.types).toEqual(['sse:gap', 'sse:end'])
    } finally {
      vi.useRealTimers()
    }
  })

  it('for good takes nothing that is published after it, in the same tick either', async () => {
    const channel = createChannel<Events>()
    const closing = channel.close({ final: true })
    await expect(channel.publish('note', 1)).rejects.toMatchObject({ code: 'closed' })
    await closing
    const late = await open(channel).until(({ types }) => types.length === 2)
    expect(late.types).toEqual(['sse:cursor', 'sse:end'])
  })

  it('for good closes every channel over that log', async () => {
    const log = memoryLog()
    const [one, other] = [createChannel<Events>({ log }), createChannel<Events>({ log })]
    const present = open(other)
    await one.publish('note', 1)
    await one.close({ final: true })
    await expect(other.publish('note', 2)).rejects.toMatchObject({ code: 'closed' })
    expect((await present.until(({ types }) => types.length === 3)).types).toEqual(['sse:cursor', 'note', 'sse:end'])
    expect((await open(other).until(({ types }) => types.length === 2)).types).toEqual(['sse:cursor', 'sse:end'])
    await other.close()
    expect(other.size).toBe(0)
  })

  it('for good may be tried again when the log fails; until then the channel goes on', async () => {
    const log = memoryLog()
    const append = vi.fn<EventLog['append']>((entries) => log.append(entries))
    const channel = createChannel<Events>({ log: { ...wrap(log), append } })
    const errors: unknown[] = []
    channel.onError((error) => errors.push(error))
    const client = open(channel)
    append.mockRejectedValueOnce(new Error('disk full'))
    const closing = channel.close({ final: true })
    await expect(closing).rejects.toMatchObject({ code: 'log-failed' })
    expect(errors).toEqual([await closing.catch((error) => error)])
    await publish(channel, 1)
    await channel.close({ final: true })
    expect((await client.rest()).types).toEqual(['sse:cursor', 'note', 'sse:end'])
  })

  it('refuses a window that is none', async () => {
    await expect(createChannel<Events>().close({ spread: -1 })).rejects.toThrow('spread is -1; give milliseconds')
  })
})

describe('a log that fails', () => {
  const failing = (part: Partial<EventLog>): EventLog => ({ ...wrap(memoryLog()), ...part })

  it('rejects the publication, notifies onError, and leaves the readers', async () => {
    const cause = new Error('disk full')
    const channel = createChannel<Events>({ log: failing({ append: () => Promise.reject(cause) }) })
    const client = open(channel)
    const errors: unknown[] = []
    channel.onError((error) => errors.push(error))
    const refused = channel.publish('note', 1)
    await expect(refused).rejects.toMatchObject({
      code: 'log-failed',
      message: 'the log failed: disk full; see the cause',
      cause,
    })
    expect(errors).toHaveLength(1)
    expect(channel.size).toBe(1)
    await client.disconnect()
  })

  it('is reported to every listener, also when one throws', async () => {
    const channel = createChannel<Events>({ log: failing({ append: () => Promise.reject(new Error('disk full')) }) })
    const uncaught = new Promise((resolve) => process.once('uncaughtException', resolve))
    const errors: unknown[] = []
    channel.onError(() => {
      throw new Error('mine')
    })
    channel.onError((error) => errors.push(error.code))
    await expect(channel.publish('note', 1)).rejects.toMatchObject({ code: 'log-failed' })
    expect(errors).toEqual(['log-failed'])
    expect(await uncaught).toMatchObject({ message: 'mine' })
  })

  it('that throws does the same', async () => {
    const channel = createChannel<Events>({
      log: failing({
        append() {
          throw new Error('disk full')
        },
      }),
    })
    await expect(channel.publish('note', 1)).rejects.toMatchObject({ code: 'log-failed' })
  })

  it.each([
    ['rejects', () => Promise.reject(new Error('gone'))],
    [
      'throws',
      () => {
        throw new Error('gone')
      },
    ],
  ])('that %s when it is read closes that stream as an error', async (_, read) => {
    const log = memoryLog()
    let broken = false
    const channel = createChannel<Events>({
      log: failing({ read: (after, limit) => (broken ? (read() as Promise<Page>) : log.read(after, limit)) }),
    })
    const present = createStream<Events>()
    await channel.subscribe(present)
    broken = true
    const stream = createStream<Events>()
    expect(await channel.subscribe(stream)).toMatchObject({ status: 'closed' })
    expect(await stream.closed).toMatchObject({ reason: 'error', error: { code: 'log-failed' } })
    expect(channel.size).toBe(1)
    present.close()
  })
})

describe('a log', () => {
  it.each([null, memoryLog, {}])('must be one: %o', (log) => {
    expect(() => createChannel({ log: log as never })).toThrow(
      expect.objectContaining({
        code: 'invalid-option',
        message: expect.stringMatching(/^log is .+; give memoryLog\(\) or another log$/s),
      }),
    )
  })

  it('is not asked for its bounds while every reader receives everything', async () => {
    const log = memoryLog()
    const read = vi.fn<EventLog['read']>((after, limit) => log.read(after, limit))
    const channel = createChannel<Events>({ log: { ...wrap(log), read } })
    const client = open(channel)
    await client.until(({ messages }) => messages.length === 1)
    read.mockClear()
    for (let note = 1; note <= 100; note++) await channel.publish('note', note)
    expect(read).not.toHaveBeenCalled()
    await channel.publish('note', 101, { topics: ['not/for/this/client'] })
    expect(read).toHaveBeenCalledWith(undefined, 0)
    await client.disconnect()
  })

  it('may be read by channels with different maps, each of which decodes for its own filters', async () => {
    const log = memoryLog()
    const events = defineEvents({ note: text() })
    const [json, plain] = [createChannel<{ note: unknown }>({ log }), createChannel<typeof events>({ log, events })]
    const seen: unknown[] = []
    const filter = ({ data }: { data: unknown }) => seen.push(data) > 0
    json.subscribe(createStream<{ note: unknown }>(), { filter })
    plain.subscribe(createStream<typeof events>(undefined, { events }), { filter })
    await json.publish('note', 7)
    await Promise.resolve()
    expect(seen).toEqual([7, '7'])
  })
})

describe('a log that answers later', () => {
  it.each(['junk', 'another.1'])('reads once, also when the client of %s takes the gap at once', async (cursor) => {
    const log = memoryLog()
    for (let note = 1; note <= 300; note++) log.append([{ type: 'note', data: `${note}` }])
    const later: EventLog['read'] = (after, limit) => Promise.resolve(log.read(after, limit))
    const channel = createChannel<Events>({ log: { ...wrap(log), read: later } })
    const stream = createStream<Events>(requestAfter(cursor))
    const client = new ChannelClient(stream.response)
    await client.take()
    // A read that waits makes the host ask for more in the middle of the delivery.
    const taking = client.until(({ events }) => events.length === 40)
    await channel.subscribe(stream)
    for (let note = 301; note <= 340; note++) await channel.publish('note', note)
    await taking
    expect(client.types.slice(0, 2)).toEqual(['sse:gap', 'note'])
    expect(client.payloads).toEqual(Array.from({ length: 40 }, (_, index) => index + 301))
  })

  it('gives the same, and not out of order', async () => {
    const log = memoryLog()
    const delays: (() => void)[] = []
    const later = <Value>(value: Value) => new Promise<Value>((resolve) => delays.push(() => resolve(value)))
    const channel = createChannel<Events>({
      log: { ...wrap(log), read: (after, limit) => later(log.read(after, limit) as Page) },
    })
    const [first] = log.append([{ type: 'note', data: '1' }]) as readonly string[]
    const client = open(channel, first)
    let answering = true
    const answer = (async () => {
      for (let turn = 0; answering && turn < 10_000; turn++) {
        delays.shift()?.()
        await Promise.resolve()
      }
    })()
    for (let note = 2; note < 50; note++) {
      await channel.publish('note', note)
    }
    await answer
    answering = false
    await client.until(({ events }) => events.length === 48)
    expect(client.payloads).toEqual(Array.from({ length: 48 }, (_, index) => index + 2))
  })
})

it('is typed by its map', () => {
  const channel = createChannel<Events>()
  expectTypeOf(channel.publish).parameter(0).toEqualTypeOf<'note' | 'done'>()
})

function wrap(log: EventLog): EventLog {
  return {
    append: (entries) => log.append(entries),
    read: (after, limit) => log.read(after, limit),
    follow: (onEntries, onLost) => log.follow(onEntries, onLost),
    close: () => log.close(),
  }
}
