// The cursor never runs ahead of the listeners in storage, never gets lost between attempts, and travels as it can.
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { subscribe } from '../../src/client/index.ts'
import { errorsOf, nextError, quick, subscribed } from './collect.ts'
import { ended, rawServer, stream } from './raw-server.ts'
import { failing, open, scriptedFetch } from './scripted-fetch.ts'

/** A storage that remembers every write. */
function memory(initial?: string) {
  const written: string[] = []
  return {
    written,
    get: () => written.at(-1) ?? initial,
    set: (id: string) => {
      written.push(id)
    },
  }
}

describe('on the wire', () => {
  it('starts from lastEventId', async () => {
    const server = await rawServer(stream())
    const subscription = subscribed(server.url, { lastEventId: 'a.7' })
    await subscription.opened
    expect(server.requests[0]!.headers['last-event-id']).toBe('a.7')
    expect(subscription.lastEventId).toBe('a.7')
  })

  it('keeps that id for events without one', async () => {
    const server = await rawServer(stream('data: 1\n\n'))
    const subscription = subscribed(server.url, { lastEventId: 'a.7' })
    expect((await subscription.once('message')).id).toBe('a.7')
  })

  it('carries an id of any language as UTF-8', async () => {
    const server = await rawServer(ended('id: žluťoučký-日本-🎈\ndata: 1\n\n'), stream())
    const subscription = subscribed(server.url, quick)
    const { headers } = await server.request(2)
    expect(Buffer.from(headers['last-event-id'] as string, 'latin1').toString()).toBe('žluťoučký-日本-🎈')
    subscription.close()
  })

  it('sends no header for an id with control characters, and goes on', async () => {
    const server = await rawServer(ended('id: a\u0001b\ndata: 1\n\n'), stream('data: 2\n\n'))
    const subscription = subscribed(server.url, quick)
    const { headers } = await server.request(2)
    expect(headers['last-event-id']).toBeUndefined()
    expect((await subscription.once('message')).id).toBe('a\u0001b')
  })

  it('moves with a block that has only an id, and back to none with an empty one', async () => {
    const server = await rawServer(ended('id: 1\ndata: 1\n\nid: 2\n\n'), ended('id:\ndata: 1\n\n'), stream())
    const subscription = subscribed(server.url, quick)
    expect((await server.request(2)).headers['last-event-id']).toBe('2')
    expect((await server.request(3)).headers['last-event-id']).toBeUndefined()
    subscription.close()
  })

  it('moves with sse:cursor, which no listener sees', async () => {
    const server = await rawServer(
      ended('event: sse:cursor\nid: e.1\ndata:\n\nevent: sse:news\nid: e.2\ndata:\n\n'),
      stream('event: other\ndata: 1\n\n'),
    )
    const subscription = subscribed<{ other: number; 'sse:cursor': unknown }>(server.url, quick)
    const seen: string[] = []
    subscription.onAny(({ type }) => seen.push(type))
    subscription.on('sse:cursor', () => seen.push('delivered'))
    expect((await server.request(2)).headers['last-event-id']).toBe('e.2')
    await subscription.once('other')
    expect(seen).toEqual(['other'])
  })

  it('travels in the query when asked, beside what is there', async () => {
    const server = await rawServer(ended('id: é 1\ndata: 1\n\n'), stream())
    const subscription = subscribed(`${server.url}?room=a`, { ...quick, cursorIn: 'query' })
    const { url, headers } = await server.request(2)
    expect(server.requests[0]!.url).toBe('/events?room=a')
    const { searchParams } = new URL(url!, server.origin)
    expect([...searchParams]).toEqual([
      ['room', 'a'],
      ['lastEventId', 'é 1'],
    ])
    expect(headers['last-event-id']).toBeUndefined()
    subscription.close()
  })

  it('travels under the name that the server uses, and under that only', async () => {
    const server = await rawServer(ended('id: é 1\ndata: 1\n\n'), stream())
    const subscription = subscribed(server.url, { ...quick, cursorIn: { query: 'lastEventID' } })
    const { url, headers } = await server.request(2)
    expect([...new URL(url!, server.origin).searchParams]).toEqual([['lastEventID', 'é 1']])
    expect(headers['last-event-id']).toBeUndefined()
    subscription.close()
  })
})

describe('gaps', () => {
  it('are reported with the reason, and reading resumes from their id', async () => {
    const server = await rawServer(
      ended('event: sse:gap\nid: e.9\ndata: {"reason":"trimmed","oldest":"e.9"}\n\ndata: 1\n\n'),
      stream(),
    )
    const subscription = subscribed(server.url, { ...quick, lastEventId: 'e.1' })
    const order: unknown[] = []
    subscription.onGap((gap) => order.push(gap))
    subscription.on('message', (data) => order.push(data))
    expect((await server.request(2)).headers['last-event-id']).toBe('e.9')
    expect(order).toEqual([{ reason: 'trimmed', oldest: 'e.9', id: 'e.9' }, 1])
    subscription.close()
  })
})

describe('in storage', () => {
  it('is loaded once for the start, and saves the last id whose listeners have returned', async () => {
    const server = await rawServer(ended('id: 6\ndata: 1\n\nid: 7\ndata: 2\n\n'), stream())
    const storage = memory('5')
    const subscription = subscribed(server.url, { ...quick, storage })
    subscription.on('message', () => {})
    expect((await server.request(2)).headers['last-event-id']).toBe('7')
    expect(server.requests[0]!.headers['last-event-id']).toBe('5')
    expect(storage.written.at(-1)).toBe('7')
    subscription.close()
  })

  it('is beaten by lastEventId, the empty one too', async () => {
    const server = await rawServer(stream())
    await subscribed(server.url, { storage: memory('5'), lastEventId: '8' }).opened
    await subscribed(server.url, { storage: memory('5'), lastEventId: '' }).opened
    expect(server.requests.map(({ headers }) => headers['last-event-id'])).toEqual(['8', undefined])
  })

  it('does not overtake what came while it was slow', async () => {
    const server = await rawServer(stream('id: 9\ndata: 1\n\n'))
    const answers: ((id: string) => void)[] = []
    const storage = { get: () => new Promise<string>((resolve) => answers.push(resolve)), set: () => {} }
    const subscription = subscribed(server.url, { storage })
    await vi.waitUntil(() => answers.length === 1)
    subscription.reconnect()
    answers[1]!('5')
    await subscription.once('message')
    answers[0]!('5')
    await new Promise((resolve) => setImmediate(resolve))
    expect(subscription.lastEventId).toBe('9')
    expect(server.requests.map(({ headers }) => headers['last-event-id'])).toEqual(['5'])
  })

  it('stays behind an event that a loop is working on, and resumes there after a reload', async () => {
    const text = 'id: 1\ndata: 1\n\nid: 2\ndata: 2\n\nid: 3\ndata: 3\n\n'
    const server = await rawServer(stream(text), stream('id: 2\ndata: 2\n\n'))
    const storage = memory()
    const subscription = subscribed(server.url, { storage })
    for await (const { data } of subscription) if (data === 2) break
    expect(storage.written).toEqual(['1'])
    const reloaded = subscribed(server.url, { storage })
    expect((await reloaded.once('message')).data).toBe(2)
    expect(server.requests[1]!.headers['last-event-id']).toBe('1')
  })

  it('follows the slowest of two loops', async () => {
    const server = await rawServer(stream('id: 1\ndata: 1\n\nid: 2\ndata: 2\n\nid: 3\ndata: 3\n\n'))
    const storage = memory()
    const subscription = subscribed(server.url, { storage })
    const fast = subscription[Symbol.asyncIterator]()
    const slow = subscription[Symbol.asyncIterator]()
    await fast.next()
    await fast.next()
    await fast.next()
    expect(storage.written).toEqual([])
    await slow.next()
    await slow.next()
    expect(storage.written).toEqual(['1'])
    await slow.return!()
    fast.next()
    await vi.waitUntil(() => storage.written.at(-1) === '3')
  })

  it('waits for an asynchronous set, and writes the newest then', async () => {
    const server = await rawServer(stream('id: 1\ndata: 1\n\nid: 2\ndata: 2\n\nid: 3\ndata: 3\n\n'))
    const written: string[] = []
    let finish!: () => void
    const storage = {
      get: async () => undefined,
      set: (id: string) => {
        written.push(id)
        return new Promise<void>((resolve) => {
          finish = resolve
        })
      },
    }
    const subscription = subscribed(server.url, { storage })
    await new Promise<void>((resolve) => subscription.on('message', (data) => data === 3 && resolve()))
    expect(written).toEqual(['1'])
    finish()
    await vi.waitUntil(() => written.length === 2)
    expect(written).toEqual(['1', '3'])
  })

  it('fails aloud', async () => {
    const server = await rawServer(stream('id: 1\ndata: 1\n\n'))
    const unreadable = subscribed(server.url, {
      storage: { get: () => Promise.reject(new Error('locked')), set: () => {} },
    })
    const error = await nextError(unreadable)
    expect(error).toMatchObject({ code: 'callback-failed', willRetry: true })
    expect(error.message).toBe('`storage` failed: locked')
    const full = subscribed(server.url, {
      storage: {
        get: () => null,
        set: () => {
          throw new Error('quota')
        },
      },
    })
    expect((await nextError(full)).message).toBe('`storage` failed: quota')
    expect(full.status).toBe('open')
  })

  it('never keeps the id of the end', async () => {
    const server = await rawServer(stream('id: 1\ndata: 1\n\nevent: sse:end\nid: sse:end\ndata:\n\n'))
    const storage = memory()
    const subscription = subscribed(server.url, { storage })
    subscription.on('message', () => {})
    await subscription.closed
    expect(storage.written).toEqual(['1'])
  })
})

describe('a preflight that fails', () => {
  it('is guessed when a page loses another origin only since it has a cursor', async () => {
    vi.stubGlobal('location', { href: 'https://app.test/' })
    onTestFinished(() => {
      vi.unstubAllGlobals()
    })
    const broken = open('id: 1\ndata: 1\n\n', (_, end) => setTimeout(end, 1))
    const fetch = scriptedFetch(broken, failing('Failed to fetch'))
    const subscription = subscribe('https://api.test/events', { fetch, retry: { min: 1, max: 1, maxRetries: 2 } })
    const errors = errorsOf(subscription)
    await subscription.closed
    expect(errors.map(({ message }) => message)).toEqual([
      'the server ended the stream',
      "connection to https://api.test/events failed: Failed to fetch; if CORS refuses the header Last-Event-ID, allow it or set cursorIn: 'query'",
      "connection to https://api.test/events failed: Failed to fetch; if CORS refuses the header Last-Event-ID, allow it or set cursorIn: 'query'",
    ])
  })
})
