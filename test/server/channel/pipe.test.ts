// channel.pipe() publishes a source, each event once and in order; whichever of the two ends first ends the other.
import { describe, expect, it } from 'vitest'
import { createChannel, type EventLog, memoryLog } from '../../../src/server/index.ts'
import { deferred } from '../deferred.ts'
import { ChannelClient, requestAfter } from './channel-client.ts'

interface Events {
  count: number
  text: string
}
type Count = { type: 'count'; data: number; topics?: string[] }

const open = (channel = createChannel<Events>(), topics?: string[]) =>
  new ChannelClient(channel.response(requestAfter(), topics && { topics }))

function countsTo(last: number): Count[] {
  return Array.from({ length: last }, (_, index) => ({ type: 'count', data: index + 1 }))
}

function streamOf(counts: readonly Count[]): ReadableStream<Count> {
  return new ReadableStream({
    start(controller) {
      for (const count of counts) controller.enqueue(count)
      controller.close()
    },
  })
}

/** A source that waits for ever, and says when it is returned. */
function waiting() {
  const returned = deferred()
  const source: AsyncIterable<Count> = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise(() => {}),
      return: async () => {
        returned.resolve()
        return { done: true, value: undefined }
      },
    }),
  }
  return { source, returned: returned.promise }
}

describe('a source', () => {
  it.each<[string, () => Iterable<Count> | AsyncIterable<Count> | ReadableStream<Count>]>([
    ['an array', () => countsTo(3)],
    ['a generator', () => countsTo(3).values()],
    [
      'an async generator',
      async function* () {
        yield* countsTo(3)
      },
    ],
    ['a ReadableStream', () => streamOf(countsTo(3))],
  ])('may be %s, and its end leaves the channel open', async (_, source) => {
    const channel = createChannel<Events>()
    const client = open(channel)
    expect(await channel.pipe(source())).toBe(true)
    await channel.publish('count', 4)
    await client.until(({ events }) => events.length === 4)
    expect(client.payloads).toEqual([1, 2, 3, 4])
  })

  it('that is final closes the channel for good, for present and later readers', async () => {
    const channel = createChannel<Events>()
    const client = open(channel)
    const piped = channel.pipe(countsTo(2), { final: true })
    expect((await client.rest()).types).toEqual(['sse:cursor', 'count', 'count', 'sse:end'])
    expect(await piped).toBe(true)
    await expect(channel.publish('count', 3)).rejects.toMatchObject({ code: 'closed' })
    const late = new ChannelClient(channel.response(requestAfter(), { from: 'start' }))
    expect((await late.rest()).payloads).toEqual([1, 2])
  })

  it('is published with the topics of each event, else with those of the pipe', async () => {
    const channel = createChannel<Events>()
    const clients = [open(channel), open(channel, ['a']), open(channel, ['b'])]
    await channel.pipe([...countsTo(1), { type: 'count', data: 2, topics: ['b'] }], { topics: ['a'] })
    await channel.pipe(countsTo(3).slice(2))
    const [plain, a, b] = clients as [ChannelClient, ChannelClient, ChannelClient]
    for (const client of clients) await client.until(({ events }) => events.length === 1)
    expect([plain.payloads, a.payloads, b.payloads]).toEqual([[3], [1], [2]])
  })

  it.each([
    [() => createChannel<Events>().pipe('text' as never), 'source is "text"; give an iterable'],
    [() => createChannel<Events>().pipe([], { topics: ['a/*'] }), 'topic "a/*" is a pattern'],
    [() => createChannel<Events>().pipe([], { final: 1 as never }), 'final is 1; give true or false'],
  ])('is refused at once when it or an option is wrong: %#', (call, message) => {
    expect(call).toThrowError(
      expect.objectContaining({ code: 'invalid-option', message: expect.stringContaining(message) }),
    )
  })
})

describe('the pace', () => {
  it('is that of the log: an event is pulled when the one before it has been appended', async () => {
    const log = memoryLog()
    const appends: (() => void)[] = []
    const slow: EventLog = {
      append: (entry) => new Promise((resolve) => appends.push(() => resolve(log.append(entry)))),
      read: (after, limit) => log.read(after, limit),
      follow: (onEntries, onLost) => log.follow(onEntries, onLost),
      close: () => log.close(),
    }
    let pulled = 0
    function* counting(): Generator<Count> {
      for (; pulled < 5; ) yield { type: 'count', data: ++pulled }
    }
    const piped = createChannel<Events>({ log: slow }).pipe(counting())
    for (let count = 1; count <= 5; count++) {
      await expect.poll(() => appends.length).toBe(1)
      expect(pulled).toBe(count)
      appends.shift()!()
    }
    expect(await piped).toBe(true)
  })

  it('of a source that never waits leaves time for everything else', async () => {
    const channel = createChannel<Events>()
    function* endless(): Generator<Count> {
      for (let data = 0; ; data++) yield { type: 'count', data }
    }
    const piped = channel.pipe(endless())
    await new Promise((resolve) => setTimeout(resolve))
    await channel.close()
    expect(await piped).toBe(false)
  })
})

describe('a channel that closes', () => {
  it.each([
    ['at once', {}],
    ['over a window', { spread: 5 }],
    ['for good', { final: true }],
  ])('%s returns a source that waits for its next event', async (_, options) => {
    const channel = createChannel<Events>()
    const { source, returned } = waiting()
    const piped = channel.pipe(source)
    await channel.close(options)
    await returned
    expect(await piped).toBe(false)
  })

  it('because another process has ended its log does, too', async () => {
    const log = memoryLog()
    const [one, other] = [createChannel<Events>({ log }), createChannel<Events>({ log })]
    const { source, returned } = waiting()
    const piped = one.pipe(source)
    await other.close({ final: true })
    await returned
    expect(await piped).toBe(false)
  })

  it('before anything was pulled has nothing pulled', async () => {
    const channel = createChannel<Events>()
    await channel.close()
    let pulled = false
    function* source(): Generator<Count> {
      pulled = true
      yield { type: 'count', data: 1 }
    }
    expect(await channel.pipe(source())).toBe(false)
    expect(pulled).toBe(false)
  })
})

describe('a source that fails', () => {
  it('rejects with the cause and notifies onError; the channel goes on, and nobody need catch it', async () => {
    const cause = new Error('out of quota')
    const channel = createChannel<Events>()
    const client = open(channel)
    const errors: unknown[] = []
    channel.onError((error) => errors.push(error))
    async function* failing(): AsyncGenerator<Count> {
      yield { type: 'count', data: 1 }
      throw cause
    }
    const piped = channel.pipe(failing(), { final: true })
    await client.until(({ events }) => events.length === 1)
    await new Promise(setImmediate)
    const error = await piped.catch((error) => error)
    expect(error).toMatchObject({
      code: 'callback-failed',
      message: 'the source of pipe() failed: out of quota',
      cause,
    })
    expect(errors).toEqual([error])
    await channel.publish('text', 'failed')
    await client.until(({ events }) => events.length === 2)
    expect(client.types).toEqual(['sse:cursor', 'count', 'text'])
  })

  it.each([
    ['a payload', { type: 'count', data: 1n }, 'payload-not-encodable'],
    ['a name', { type: 'sse:mine' }, 'invalid-field'],
    ['an id', { type: 'count', data: 1, id: '5' }, 'invalid-field'],
    ['topics', { type: 'count', data: 1, topics: 'a' }, 'invalid-option'],
  ])('with %s that cannot be published is returned', async (_, event, code) => {
    const returned = deferred()
    const channel = createChannel<any>()
    const errors: unknown[] = []
    channel.onError((error) => errors.push(error.code))
    function* bad() {
      try {
        yield event as never
      } finally {
        returned.resolve()
      }
    }
    await expect(channel.pipe(bad())).rejects.toMatchObject({ code })
    await returned.promise
    expect(errors).toEqual([code])
  })

  it('because the log does is returned, and the failure is reported once', async () => {
    const log = memoryLog()
    const returned = deferred()
    const channel = createChannel<Events>({
      log: {
        append: () => Promise.reject(new Error('disk full')),
        read: (after, limit) => log.read(after, limit),
        follow: (onEntries, onLost) => log.follow(onEntries, onLost),
        close: () => {},
      },
    })
    const errors: unknown[] = []
    channel.onError((error) => errors.push(error.code))
    function* endless(): Generator<Count> {
      try {
        for (;;) yield { type: 'count', data: 1 }
      } finally {
        returned.resolve()
      }
    }
    await expect(channel.pipe(endless())).rejects.toMatchObject({ code: 'log-failed' })
    await returned.promise
    expect(errors).toEqual(['log-failed'])
  })
})
