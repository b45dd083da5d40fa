// Over another EventSource the subscription keeps its promises as far as that one lets it, and names what it cannot keep.
import { EventSource } from 'eventsource'
import { describe, expect, it } from 'vitest'
import { eventSourceTransport, subscribe } from '../../src/client/index.ts'
import { defineEvents, eventsWithCodec, json } from '../../src/index.ts'
import { errorsOf, nextError, subscribed, thrown } from './collect.ts'
import { ended, rawServer, respondWith, stream } from './raw-server.ts'

const transport = eventSourceTransport(EventSource)
const quick = { transport, retry: { min: 1, max: 5 } }

describe('options that it cannot honour', () => {
  it.each([
    ['headers', {}],
    ['method', 'POST'],
    ['body', 'x'],
    ['fetch', globalThis.fetch],
    ['onUnauthorized', () => true],
    ['maxEventSize', 1000],
    ['idleTimeout', 1000],
    ['credentials', 'omit'],
    ['cursorIn', 'header'],
  ])('are refused by name: %s', (name, value) => {
    const error = thrown(() => subscribe('http://127.0.0.1/', { transport, [name]: value }))
    expect(error.code).toBe('invalid-option')
    expect(error.message).toBe(`${name} is given beside a transport that has no such option; give one of them`)
  })

  it('are not refused when they say the default', () => {
    const options = { idleTimeout: 'auto', cursorIn: 'query', credentials: 'same-origin', method: undefined } as const
    subscribe('http://127.0.0.1/', { transport, ...options }).close()
  })

  it('nor are listeners that need names it cannot know', () => {
    const subscription = subscribed('http://127.0.0.1/', { transport })
    const message = 'transport is one that listens by name; give `events` made by defineEvents()'
    expect(thrown(() => subscription.onAny(() => {}))).toMatchObject({ code: 'invalid-option', message })
    expect(thrown(() => subscription[Symbol.asyncIterator]())).toMatchObject({ code: 'invalid-option', message })
    const nameless = eventsWithCodec<{ message: string }>({ encode: String, decode: String })
    expect(() => subscribed('http://127.0.0.1/', { transport, events: nameless }).onAny(() => {})).toThrow(message)
  })

  it('reports a missing EventSource', async () => {
    const error = await nextError(subscribed('http://127.0.0.1/', { transport: eventSourceTransport() }))
    expect(error.code).toBe('invalid-option')
    expect(error.message).toBe('EventSource is not defined; give one to eventSourceTransport()')
  })
})

describe('over the eventsource package', () => {
  it('delivers names that are listened to before and after it has connected, once each', async () => {
    let send!: (text: string) => void
    const server = await rawServer((response) => {
      stream('event: a\ndata: 1\n\n')(response, undefined as never)
      send = (text) => response.write(text)
    })
    const subscription = subscribed<{ a: number; b: number; error: number }>(server.url, { transport })
    const seen: unknown[] = []
    subscription.on('a', (data) => seen.push(data))
    await subscription.once('a')
    subscription.on('b', (data) => seen.push(data))
    subscription.on('b', (data) => seen.push(data))
    subscription.on('error', (data) => seen.push(data))
    send('event: b\ndata: 2\n\nevent: error\ndata: 3\n\nevent: unheard\ndata: 4\n\nid: 5\nevent: a\ndata: 6\n\n')
    expect((await subscription.once('a')).id).toBe('5')
    expect(seen).toEqual([1, 2, 2, 3, 6])
    expect(subscription.status).toBe('open')
  })

  it('lets it retry while it can, and reports every loss', async () => {
    const server = await rawServer(ended('retry: 1\nid: 1\ndata: 1\n\n'), stream('data: 2\n\n'))
    const subscription = subscribed(server.url, quick)
    const errors = errorsOf(subscription)
    const states: string[] = []
    subscription.state.subscribe(({ status }) => states.push(status))
    const seen: unknown[] = []
    for await (const { data } of subscription.events('message')) {
      seen.push(data)
      if (data === 2) break
    }
    expect(seen).toEqual([1, 2])
    expect(server.requests[1]!.headers['last-event-id']).toBe('1')
    expect(states).toEqual(['connecting', 'open', 'connecting', 'open', 'closed'])
    expect(errors).toEqual([expect.objectContaining({ code: 'network', attempt: 1, willRetry: true })])
    expect(errors[0]!.message).toMatch(/^connection was interrupted: ./)
  })

  it('makes a new one with the cursor in the query when it has given up', async () => {
    const server = await rawServer(ended('retry: 1\nid: é1\ndata: 1\n\n'), respondWith(503), stream('data: 2\n\n'))
    const subscription = subscribed(server.url, quick)
    const errors = errorsOf(subscription)
    subscription.on('message', () => {})
    const { url } = await server.request(3)
    expect(new URL(url!, server.origin).searchParams.get('lastEventId')).toBe('é1')
    expect(errors.map(({ code, status }) => [code, status])).toEqual([
      ['network', undefined],
      ['http-status', 503],
    ])
    await subscription.once('message')
  })

  it('closes for good on what is fatal and after 204', async () => {
    const server = await rawServer(respondWith(404), (response) => response.writeHead(204).end())
    const failed = subscribed(server.url, quick)
    const error = await nextError(failed)
    expect(error).toMatchObject({ code: 'http-status', status: 404, willRetry: false })
    expect(error.message).toBe(`${server.url} responded with 404; a stream needs 200`)
    expect(await subscribed(server.url, quick).closed).toEqual({ reason: 'server', end: 'no-content' })
    expect(server.requests).toHaveLength(2)
  })

  it('understands the events of an Eventwire server', async () => {
    const server = await rawServer(
      stream(
        'event: sse:gap\nid: e.9\ndata: {"reason":"epoch"}\n\nevent: sse:cursor\nid: e.10\ndata:\n\nevent: sse:end\nid: sse:end\ndata:\n\n',
      ),
    )
    const subscription = subscribed(server.url, { transport, lastEventId: 'd.1' })
    const gaps: unknown[] = []
    subscription.onGap((gap) => gaps.push(gap))
    expect(await subscription.closed).toEqual({ reason: 'server', end: 'final' })
    expect(gaps).toEqual([{ reason: 'epoch', id: 'e.9' }])
    expect(subscription.lastEventId).toBe('e.10')
    expect(server.requests[0]!.url).toBe('/events?lastEventId=d.1')
    await server.idle()
  })

  it('sends the cursor under the name that the server uses', async () => {
    const server = await rawServer(stream())
    subscribed(server.url, { transport, lastEventId: '7', cursorIn: { query: 'lastEventID' } })
    expect((await server.request(1)).url).toBe('/events?lastEventID=7')
  })

  it('does not see comments, so a final end among them stops it by 204', async () => {
    const server = await rawServer(ended('retry: 1\ndata: 1\n\n: sse:end\nid: sse:end\n\n'), (response) =>
      response.writeHead(204).end(),
    )
    const subscription = subscribed(server.url, quick)
    subscription.on('message', () => {})
    expect(await subscription.closed).toEqual({ reason: 'server', end: 'no-content' })
    expect(server.requests.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, 'sse:end'])
  })
})

describe('over a mock', () => {
  /** The part of an EventSource that the transport uses. */
  class MockSource {
    static last: MockSource
    static made = 0
    readonly url: string
    readonly withCredentials: boolean | undefined
    readyState = 0
    readonly listeners = new Map<string, ((event: object) => void)[]>()
    constructor(url: string, init?: { withCredentials?: boolean }) {
      this.url = url
      this.withCredentials = init?.withCredentials
      MockSource.last = this
      MockSource.made++
    }
    addEventListener(type: string, listener: (event: object) => void) {
      this.listeners.set(type, [...(this.listeners.get(type) ?? []), listener])
    }
    emit(type: string, event: object = {}) {
      for (const listener of this.listeners.get(type) ?? []) listener(event)
    }
    close() {
      this.readyState = 2
    }
  }
  const mocked = eventSourceTransport(MockSource as Parameters<typeof eventSourceTransport>[0])
  const events = defineEvents({ ping: json<{ n: number }>() })
  const turn = () => new Promise((resolve) => setImmediate(resolve))

  it('takes its events, and ignores one that was closed', async () => {
    const subscription = subscribed('http://events.test/', { transport: mocked, events, credentials: 'include' })
    const seen: unknown[] = []
    subscription.onAny(({ data }) => seen.push(data))
    await turn()
    const source = MockSource.last
    expect([source.url, source.withCredentials]).toEqual(['http://events.test/', true])
    source.emit('open')
    source.emit('ping', { data: '{"n":1}', lastEventId: '1' })
    expect(subscription.status).toBe('open')
    subscription.reconnect()
    source.emit('ping', { data: '{"n":2}', lastEventId: '2' })
    source.emit('error')
    await turn()
    expect(source.readyState).toBe(2)
    expect(seen).toEqual([{ n: 1 }])
    expect(MockSource.last.url).toBe('http://events.test/?lastEventId=1')
    subscription.close()
    MockSource.last.emit('ping', { data: '{"n":3}' })
    expect(seen).toEqual([{ n: 1 }])
  })

  it('counts what the mock loses by itself, up to maxRetries', async () => {
    const subscription = subscribed('http://events.test/', { transport: mocked, retry: { maxRetries: 1 } })
    const errors = errorsOf(subscription)
    await turn()
    const source = MockSource.last
    source.emit('error', { message: 'first' })
    expect(subscription.state.get()).toEqual({ status: 'connecting', attempt: 2 })
    source.emit('error', { message: 'second' })
    expect(subscription.state.get()).toEqual({ status: 'closed', reason: 'exhausted', error: errors[1] })
    expect(errors.map(({ message, willRetry }) => [message, willRetry])).toEqual([
      ['connection was interrupted: first', true],
      ['connection was interrupted: second', false],
    ])
    expect(source.readyState).toBe(2)
  })
})
