// A lazy subscription asks for nothing until somebody listens, and misses nothing then.
import { describe, expect, it, vi } from 'vitest'
import { type Subscription, subscribe } from '../../src/client/index.ts'
import { quick, subscribed, thrown } from './collect.ts'
import { ended, rawServer, stream } from './raw-server.ts'

const lazy = { lazy: true } as const
const idle = { status: 'paused', reason: 'idle' }
const turn = () => new Promise<void>((resolve) => setTimeout(resolve))

describe('connects', () => {
  it('not before a consumer is attached', async () => {
    const server = await rawServer(stream('data: 1\n\n'))
    const subscription = subscribed(server.url, lazy)
    subscription.onError(() => {})
    subscription.onGap(() => {})
    await turn()
    expect(subscription.state.get()).toEqual(idle)
    expect(server.requests).toHaveLength(0)
  })

  it.each<[string, (subscription: Subscription<{ message: number }>) => unknown]>([
    ['a listener', (subscription) => subscription.on('message', () => {})],
    ['onAny', (subscription) => subscription.onAny(() => {})],
    ['once', (subscription) => subscription.once('message')],
    ['a loop', (subscription) => subscription.events('message')[Symbol.asyncIterator]()],
    ['a watcher of state', (subscription) => subscription.state.subscribe(() => {})],
  ])('with %s', async (_, attach) => {
    const server = await rawServer(stream('data: 1\n\n'))
    const subscription = subscribed<{ message: number }>(server.url, lazy)
    attach(subscription)
    await subscription.opened
    expect(server.requests).toHaveLength(1)
  })

  it('once for all that are attached in one tick, and each gets the first event', async () => {
    const server = await rawServer(stream('data: 1\n\n'))
    const subscription = subscribed(server.url, lazy)
    const seen: unknown[] = []
    for (let count = 0; count < 3; count++) subscription.on('message', (data) => seen.push(data))
    await vi.waitUntil(() => seen.length === 3)
    expect(seen).toEqual([1, 1, 1])
    expect(server.requests).toHaveLength(1)
  })
})

describe('disconnects', () => {
  it('when the last consumer has left, and resumes from the cursor when one comes back', async () => {
    const server = await rawServer(stream('id: 1\ndata: 1\n\n'), stream('id: 2\ndata: 2\n\n'))
    const subscription = subscribed(server.url, lazy)
    const remove = subscription.on('message', () => {})
    const unwatch = subscription.state.subscribe(() => {})
    await subscription.once('message')
    remove()
    await turn()
    expect(subscription.status).toBe('open')
    unwatch()
    unwatch()
    await server.idle()
    expect(subscription.state.get()).toEqual(idle)
    expect((await subscription.once('message')).data).toBe(2)
    expect(server.requests.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, '1'])
  })

  it('not when a component is mounted again at once', async () => {
    const server = await rawServer(stream('data: 1\n\n'))
    const subscription = subscribed(server.url, lazy)
    const first = subscription.on('message', () => {})
    await subscription.opened
    first()
    subscription.on('message', () => {})
    await turn()
    await turn()
    expect(subscription.status).toBe('open')
    expect(server.requests).toHaveLength(1)
  })

  it('when the last loop is left, which closes nothing', async () => {
    const server = await rawServer(stream('data: 1\n\n'), stream('data: 2\n\n'))
    const subscription = subscribed(server.url, lazy)
    for await (const _ of subscription) break
    await server.idle()
    expect(subscription.state.get()).toEqual(idle)
    expect((await subscription.once('message')).data).toBe(2)
  })

  it('in the middle of a wait for a reconnect, too', async () => {
    const server = await rawServer(ended('data: 1\n\n'))
    const subscription = subscribed(server.url, { ...lazy, retry: { min: 60_000 } })
    const remove = subscription.state.subscribe(() => {})
    await vi.waitUntil(() => subscription.status === 'waiting')
    remove()
    await vi.waitUntil(() => subscription.status === 'paused')
    expect(server.requests).toHaveLength(1)
  })
})

describe('beside the other controls', () => {
  it('stays paused by pause() although somebody listens', async () => {
    const server = await rawServer(stream('data: 1\n\n'))
    const subscription = subscribed(server.url, lazy)
    subscription.pause()
    subscription.on('message', () => {})
    await turn()
    expect(subscription.state.get()).toEqual({ status: 'paused', reason: 'manual' })
    subscription.resume()
    await subscription.opened
  })

  it('is idle after resume() and reconnect() without a consumer', async () => {
    const server = await rawServer(stream())
    const subscription = subscribed(server.url, lazy)
    subscription.reconnect()
    subscription.pause()
    subscription.resume()
    await turn()
    expect(subscription.state.get()).toEqual(idle)
    expect(server.requests).toHaveLength(0)
  })

  it('closes for good with close()', async () => {
    const server = await rawServer(stream())
    const subscription = subscribe(server.url, lazy)
    subscription.close()
    subscription.on('message', () => {})
    await turn()
    expect(subscription.state.get()).toEqual({ status: 'closed', reason: 'client' })
    expect(server.requests).toHaveLength(0)
  })

  it('keeps its listeners over reconnects', async () => {
    const server = await rawServer(ended('data: 1\n\n'), stream('data: 2\n\n'))
    const seen: unknown[] = []
    subscribed(server.url, { ...lazy, ...quick }).on('message', (data) => seen.push(data))
    await vi.waitUntil(() => seen.length === 2)
    expect(seen).toEqual([1, 2])
  })
})

describe('a relative URL without a document', () => {
  it('is accepted: the subscription stays idle despite its listeners', async () => {
    const subscription = subscribed('/events', lazy)
    const states: unknown[] = []
    subscription.state.subscribe((state) => states.push(state))
    subscription.on('message', () => {})
    await turn()
    expect(states.at(-1)).toEqual(idle)
    expect(subscription.state.get()).toEqual(idle)
  })

  it('is one without lazy', () => {
    expect(thrown(() => subscribe('/events'))).toMatchObject({ code: 'invalid-option' })
  })

  it('is resolved as soon as there is one', async () => {
    const server = await rawServer(stream('data: 1\n\n'))
    const subscription = subscribed('/events', lazy)
    vi.stubGlobal('document', { baseURI: `${server.origin}/page/` })
    expect((await subscription.once('message')).data).toBe(1)
    vi.unstubAllGlobals()
  })
})
