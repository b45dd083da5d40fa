// Listeners come and go at any time, fail alone, and any name is an ordinary name.
import { afterEach, describe, expect, it, vi } from 'vitest'
import { nextError, quick, subscribed, thrown } from './collect.ts'
import { ended, rawServer, respondWith, stream } from './raw-server.ts'

afterEach(() => vi.unstubAllGlobals())

const three = stream('data: 1\n\ndata: 2\n\ndata: 3\n\n')

describe('listeners', () => {
  it('are called in the order of their coming, onAny behind on', async () => {
    const { url } = await rawServer(stream('data: 1\n\n'))
    const subscription = subscribed(url)
    const order: string[] = []
    subscription.onAny(() => order.push('any'))
    subscription.on('message', () => order.push('first'))
    subscription.on('message', () => order.push('second'))
    await subscription.once('message')
    await vi.waitUntil(() => order.length === 3)
    expect(order).toEqual(['first', 'second', 'any'])
  })

  it('added while an event is delivered receive the next one; removed ones receive nothing more', async () => {
    const { url } = await rawServer(three)
    const subscription = subscribed(url)
    const seen: unknown[] = []
    subscription.on('message', (data) => {
      if (data !== 1) return
      removed()
      subscription.on('message', (later) => seen.push(['added', later]))
    })
    const removed = subscription.on('message', (data) => seen.push(['removed', data]))
    await new Promise<void>((resolve) => subscription.onAny(({ data }) => data === 3 && resolve()))
    expect(seen).toEqual([
      ['added', 2],
      ['added', 3],
    ])
  })

  it('are removed by their undo, by once and by their signal; one function may listen twice', async () => {
    const { url } = await rawServer(three)
    const subscription = subscribed(url)
    const seen: unknown[] = []
    const listener = (data: unknown) => seen.push(data)
    const controller = new AbortController()
    subscription.on('message', listener)()
    subscription.on('message', (data) => seen.push(`once ${data}`), { once: true })
    subscription.on('message', () => seen.push('aborted'), { signal: AbortSignal.abort() })
    subscription.on(
      'message',
      (data) => {
        seen.push(`signal ${data}`)
        controller.abort()
      },
      { signal: controller.signal },
    )
    subscription.on('message', listener)
    subscription.on('message', listener)
    await new Promise<void>((resolve) => subscription.onAny(({ data }) => data === 3 && resolve()))
    expect(seen).toEqual(['once 1', 'signal 1', 1, 1, 2, 2, 3, 3])
  })

  it('that are not functions are refused at the call', async () => {
    const { url } = await rawServer(three)
    const subscription = subscribed(url)
    const { on, onAny, onError, onGap, onComment, state } = subscription as Record<string, any>
    for (const listen of [() => on('message'), () => onAny({}), onError, onGap, onComment, state.subscribe]) {
      expect(thrown(listen)).toMatchObject({
        code: 'invalid-option',
        message: expect.stringMatching(/^listener is .+; give a function$/),
      })
    }
    expect((await subscription.once('message')).data).toBe(1)
  })

  it('that throw reach the process without a reportError', async () => {
    vi.stubGlobal('reportError', undefined)
    const uncaught = new Promise((resolve) => {
      const others = process.listeners('uncaughtException')
      process.removeAllListeners('uncaughtException')
      process.once('uncaughtException', (error) => {
        for (const other of others) process.on('uncaughtException', other)
        resolve(error)
      })
    })
    const { url } = await rawServer(three)
    const subscription = subscribed(url)
    const error = new Error('mine')
    const seen: unknown[] = []
    subscription.on('message', (data) => {
      seen.push(data)
      if (data === 1) throw error
    })
    expect(await uncaught).toBe(error)
    await vi.waitUntil(() => seen.length === 3)
    expect(subscription.status).toBe('open')
  })
})

describe('names', () => {
  it.each(['__proto__', 'constructor', 'toString', 'error', 'open', 'close', 'message', '*'])(
    '%j is an ordinary one',
    async (name) => {
      const server = await rawServer(stream(`event: ${name}\ndata: 1\n\nevent: end\ndata: 2\n\n`))
      const subscription = subscribed<{ [name: string]: number }>(server.url)
      const seen: unknown[] = []
      subscription.on(name, (data, event) => seen.push([data, event.type]))
      subscription.on('*', (_, { type }) => type === '*' || seen.push('wildcard'))
      subscription.onError(() => seen.push('error'))
      await subscription.once('end')
      expect(seen).toEqual([[1, name]])
      expect(subscription.status).toBe('open')
    },
  )
})

describe('once', () => {
  it('resolves with the next event of the name', async () => {
    const { url } = await rawServer(stream('event: a\ndata: 1\n\nid: 5\nevent: b\ndata: 2\n\n'))
    const event = await subscribed<{ a: number; b: number }>(url).once('b')
    expect(event).toEqual({ type: 'b', data: 2, id: '5' })
  })

  it('rejects when the subscription closes, with the error when there is one', async () => {
    const server = await rawServer(respondWith(404))
    const closing = subscribed(server.url)
    const promise = closing.once('message')
    closing.close()
    await expect(promise).rejects.toMatchObject({
      code: 'closed',
      message: 'the subscription closed (client) before this happened',
    })
    await expect(closing.once('message')).rejects.toMatchObject({ code: 'closed' })
    const failing = subscribed(server.url)
    const fatal = nextError(failing)
    await expect(failing.once('message')).rejects.toBe(await fatal)
  })

  it('rejects with the reason of its signal, and leaves no listener', async () => {
    const { url } = await rawServer(three)
    const subscription = subscribed(url)
    const controller = new AbortController()
    const promise = subscription.once('message', { signal: controller.signal })
    controller.abort('too late')
    await expect(promise).rejects.toBe('too late')
    await expect(subscription.once('message', { signal: AbortSignal.abort('before') })).rejects.toBe('before')
    for await (const _ of subscription) break
    expect(subscription.status).toBe('closed')
  })
})

describe('the rest', () => {
  it('receives comments', async () => {
    const { url } = await rawServer(stream(': heartbeat=15000\n\n:\n\n: one\n: two\n\ndata: 1\n\n'))
    const subscription = subscribed(url)
    const comments: string[] = []
    subscription.onComment((text) => comments.push(text))
    await subscription.once('message')
    expect(comments).toEqual(['heartbeat=15000', '', 'one', 'two'])
  })

  it('resolves opened once, and keeps it', async () => {
    const { url } = await rawServer(ended(), stream())
    const subscription = subscribed(url, quick)
    await subscription.opened
    await nextError(subscription)
    await subscription.opened
  })

  it('is disposable', async () => {
    const server = await rawServer(stream())
    let closed: Promise<unknown>
    {
      using subscription = subscribed(server.url)
      await subscription.opened
      closed = subscription.closed
    }
    expect(await closed).toEqual({ reason: 'client' })
    await server.idle()
  })

  it('has methods that can be taken off it', async () => {
    const { url } = await rawServer(stream('data: 1\n\n'))
    const { on, close, closed, once } = subscribed(url)
    on('message', () => {})
    await once('message')
    close()
    expect(await closed).toEqual({ reason: 'client' })
  })

  it('reports an until that throws, and delivers the event', async () => {
    const reported: unknown[] = []
    vi.stubGlobal('reportError', (error: unknown) => reported.push(error))
    const { url } = await rawServer(stream('data: 1\n\n'))
    const error = new Error('mine')
    const subscription = subscribed(url, {
      until: () => {
        throw error
      },
    })
    expect((await subscription.once('message')).data).toBe(1)
    expect(reported).toEqual([error])
  })

  it('shows until no event of its own', async () => {
    const { url } = await rawServer(stream('event: sse:cursor\nid: 7\ndata: {}\n\ndata: 1\n\n'))
    const seen: string[] = []
    const subscription = subscribed(url, { until: ({ type }) => seen.push(type) > 0 })
    expect(await subscription.closed).toEqual({ reason: 'until' })
    expect(seen).toEqual(['message'])
  })

  it('delivers to a listener that comes between two events of its name', async () => {
    const { url } = await rawServer(stream('data: 1\n\ndata: 2\n\ndata: 3\n\n'))
    const subscription = subscribed(url)
    const seen: number[] = []
    const last = new Promise<void>((resolve) => {
      subscription.onAny(({ data: first }) => {
        if (first !== 1) return
        subscription.on('message', (data) => {
          seen.push(data)
          if (data === 3) resolve()
        })
      })
    })
    await last
    expect(seen).toEqual([2, 3])
  })

  it('refuses a plain object as events', () => {
    const error = thrown(() => subscribed('http://127.0.0.1/', { events: { ping: {} } as never }))
    expect(error.code).toBe('invalid-option')
    expect(error.message).toBe('`events` is a plain object; make it with defineEvents() or eventsWithCodec()')
  })
})
