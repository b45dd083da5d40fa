// A fold is the state that follows from events, at either end, and one reducer serves both.
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createHub } from '../../src/client/hub/index.ts'
import { subscribe } from '../../src/client/index.ts'
import { type FoldSource, fold, type Reducer } from '../../src/index.ts'
import { createChannel, memoryLog } from '../../src/server/index.ts'
import { createTestServer } from '../../src/testing/index.ts'

type Events = { snapshot: number[]; added: number; ignored: string }
const list: Reducer<Events, readonly number[]> = {
  initial: [],
  on: { snapshot: (_, all) => all, added: (items, item) => [...items, item] },
}
const url = 'http://localhost/events'

function subscribed(options = {}) {
  const server = createTestServer<Events>()
  const subscription = subscribe<Events>(url, { fetch: server.fetch, retry: { min: 1, max: 1 }, ...options })
  onTestFinished(() => subscription.close())
  return { server, subscription }
}

describe('a subscription', () => {
  it('is folded from the first event on, and the store notifies its watchers', async () => {
    const { server, subscription } = subscribed()
    const items = fold(subscription, list)
    const seen: (readonly number[])[] = []
    const stop = items.subscribe((state) => seen.push(state))
    const connection = await server.connection()
    connection.send('snapshot', [1, 2])
    connection.send('added', 3)
    connection.send('ignored', 'x')
    await subscription.once('added')
    expect(items.get()).toEqual([1, 2, 3])
    stop()
    connection.send('added', 4)
    await subscription.once('added')
    expect(seen).toEqual([[], [1, 2], [1, 2, 3]])
    expect(items.get()).toEqual([1, 2, 3, 4])
  })

  it('that is lazy connects when the store is watched, and its fold misses nothing while others listen', async () => {
    const { server, subscription } = subscribed({ lazy: true })
    const items = fold(subscription, list)
    await new Promise((resolve) => setTimeout(resolve))
    expect([subscription.status, server.connections.length]).toEqual(['paused', 0])
    const remove = subscription.on('ignored', () => {})
    const connection = await server.connection()
    connection.send('added', 1)
    await subscription.once('added')
    expect(items.get()).toEqual([1])
    const stop = items.subscribe(() => {})
    remove()
    await new Promise((resolve) => setTimeout(resolve))
    expect(subscription.status).toBe('open')
    stop()
    expect(await connection.closed).toBe('client')
    expect(subscription.state.get()).toEqual({ status: 'paused', reason: 'idle' })
  })

  it.each([
    ['keep', undefined, [1]],
    ['reset', 'reset', []],
    ['a function', (items: readonly number[], { reason }: { reason: string }) => [...items, reason.length], [1, 7]],
  ] as const)('that missed events is folded as onGap says: %s', async (_, onGap, expected) => {
    const { server, subscription } = subscribed()
    const items = fold(subscription, { ...list, onGap: onGap as 'keep' })
    const connection = await server.connection()
    connection.send('added', 1)
    connection.gap('trimmed', '7')
    connection.send('ignored', '')
    await subscription.once('ignored')
    expect(items.get()).toEqual(expected)
  })

  it('whose reducer throws reports where, keeps the state and goes on', async () => {
    const { server, subscription } = subscribed()
    const items = fold(subscription, {
      initial: [] as number[],
      on: {
        added(state, item) {
          if (item === 2) throw new Error('no twos')
          return [...state, item]
        },
      },
    })
    const failed: unknown[] = []
    subscription.onError(({ code, message }) => failed.push([code, message]))
    const connection = await server.connection()
    for (const item of [1, 2, 3]) connection.send('added', item)
    connection.send('ignored', '')
    await subscription.once('ignored')
    expect(items.get()).toEqual([1, 3])
    expect(failed).toEqual([['callback-failed', 'the reducer of "added" threw: no twos']])
    expect(subscription.status).toBe('open')
  })
})

describe('a channel', () => {
  it('is folded at once: what was published is in the state, with topics too', () => {
    const channel = createChannel<Events>()
    onTestFinished(() => channel.close())
    channel.publish('added', 1)
    const items = fold(channel, list)
    channel.publish('added', 2, { topics: ['rooms/7'] })
    expect(items.get()).toEqual([1, 2])
    const seen: unknown[] = []
    items.subscribe((state) => seen.push(state))
    channel.publish('added', 3)
    expect(items.get()).toEqual([1, 2, 3])
    expect(seen).toEqual([
      [1, 2],
      [1, 2, 3],
    ])
    expect(channel.size).toBe(0)
  })

  it('whose first events were trimmed is folded behind a gap', async () => {
    const log = memoryLog({ maxEvents: 2 })
    const channel = createChannel<Events>({ log })
    onTestFinished(() => channel.close())
    for (const item of [1, 2, 3]) await channel.publish('added', item)
    const items = fold(channel, { ...list, onGap: (_, { reason }) => [reason.length] })
    expect(items.get()).toEqual([7, 2, 3])
  })

  it('whose reducer throws, or whose data cannot be decoded, reports to onError and continues', async () => {
    const log = memoryLog()
    const channel = createChannel<Events>({ log })
    onTestFinished(() => channel.close())
    const failed: unknown[] = []
    channel.onError(({ code, message }) => failed.push([code, message]))
    const items = fold(channel, {
      initial: [] as number[],
      on: {
        added(state, item) {
          if (item === 2) throw new Error('no twos')
          return [...state, item]
        },
      },
    })
    channel.publish('added', 1)
    channel.publish('added', 2)
    await log.append([{ type: 'added', data: '{' }])
    channel.publish('added', 3)
    expect(items.get()).toEqual([1, 3])
    expect(failed).toEqual([
      ['callback-failed', 'the reducer of "added" threw: no twos'],
      ['payload-not-decodable', expect.stringMatching(/^data of "added" cannot be decoded/)],
    ])
  })

  it('without onError reports a reducer that throws as uncaught', async () => {
    const channel = createChannel<Events>()
    onTestFinished(() => channel.close())
    const uncaught = new Promise<Error>((resolve) => {
      vi.stubGlobal('reportError', resolve)
      onTestFinished(() => void vi.unstubAllGlobals())
    })
    const items = fold(channel, {
      initial: 0,
      on: {
        added: () => {
          throw new Error('oh no')
        },
      },
    })
    channel.publish('added', 1)
    expect(items.get()).toBe(0)
    expect((await uncaught).message).toBe('the reducer of "added" threw: oh no')
  })

  it('is folded on to its end', async () => {
    const channel = createChannel<Events>()
    const items = fold(channel, list)
    channel.publish('added', 1)
    await channel.close({ final: true })
    expect(items.get()).toEqual([1])
    expect(fold(channel, list).get()).toEqual([1])
  })
})

it('folds a topic of a hub', async () => {
  const channel = createChannel<Events>()
  onTestFinished(() => channel.close())
  const hub = createHub<Events>((topics) => `http://localhost/events?topics=${topics}`, {
    share: 'page',
    settle: 1,
    fetch: async (url, init) => {
      const request = new Request(url, init as RequestInit)
      return channel.response(request, { topics: new URL(request.url).searchParams.get('topics')!.split(',') })
    },
  })
  onTestFinished(() => hub.close())
  const topic = hub.topics('lists/7')
  const items = fold(topic, list)
  await topic.opened
  channel.publish('added', 1, { topics: ['lists/7'] })
  channel.publish('added', 2, { topics: ['lists/8'] })
  channel.publish('ignored', '', { topics: ['lists/7'] })
  await topic.once('ignored')
  expect(items.get()).toEqual([1])
})

it('folds whatever has on() and onGap()', () => {
  const listeners: Record<string, (data: unknown, event: unknown) => void> = {}
  let gap!: (gap: { reason: 'trimmed'; id: string }) => void
  const source = {
    on: (type: string, listener: (data: unknown, event: unknown) => void) => {
      listeners[type] = listener
      return () => {}
    },
    onGap: (listener: typeof gap) => {
      gap = listener
    },
  }
  const items = fold(source as FoldSource<Events>, { ...list, onGap: 'reset' })
  expect(Object.keys(listeners)).toEqual(['snapshot', 'added'])
  listeners.added!(1, { type: 'added', data: 1, id: '' })
  expect(items.get()).toEqual([1])
  gap({ reason: 'trimmed', id: '7' })
  expect(items.get()).toEqual([])
})

it('is refused for anything else', () => {
  expect(() => fold({}, list)).toThrow('source is [object Object]; give a subscription or a channel')
})

it('is typed by the source', () => {
  const channel = createChannel<Events>()
  fold(channel, { initial: 0, on: { added: (sum, item) => sum + item } }).get() satisfies number
  // @ts-expect-error: the channel has no such event
  fold(channel, { initial: 0, on: { removed: (sum) => sum } })
  // @ts-expect-error: an item is a number
  fold(channel, { initial: 0, on: { added: (sum, item: string) => sum + item.length } })
  using subscription = subscribe<Events>(url, { lazy: true })
  fold(subscription, list).get() satisfies readonly number[]
  // @ts-expect-error: the reducer is of other events
  fold(channel as never as ReturnType<typeof createChannel<{ other: string }>>, list)
})
