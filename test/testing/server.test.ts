// The test server lets a test be the other end of a subscription: it sees each request and decides each answer.
import { describe, expect, expectTypeOf, it, onTestFinished } from 'vitest'
import { type SubscribeOptions, type SubscriptionState, subscribe } from '../../src/client/index.ts'
import { defineEvents, text } from '../../src/index.ts'
import { createTestServer } from '../../src/testing/index.ts'

interface Events {
  ping: { time: string }
  done: undefined
}
const url = 'http://localhost/events'
const quick = { min: 1, max: 5 }

function scene(options: SubscribeOptions<Events> = {}) {
  const server = createTestServer<Events>()
  const subscription = subscribe<Events>(url, { fetch: server.fetch, retry: quick, ...options })
  onTestFinished(() => subscription.close())
  return { server, subscription }
}

describe('a connection', () => {
  it('knows what was asked', async () => {
    const { server } = scene({
      method: 'POST',
      body: 'question',
      headers: { Authorization: 'Bearer token' },
      lastEventId: 'ümlaut',
    })
    const { request, lastEventId, status } = await server.connection()
    expect(request.url).toBe(url)
    expect(request.method).toBe('POST')
    expect(await request.text()).toBe('question')
    expect(request.headers.get('Authorization')).toBe('Bearer token')
    expect(request.headers.get('Accept')).toBe('text/event-stream')
    expect(lastEventId).toBe('ümlaut')
    expect(status).toBe('waiting')
  })

  it('knows a cursor that comes in the query', async () => {
    const { server } = scene({ lastEventId: '7', cursorIn: 'query' })
    expect((await server.connection()).lastEventId).toBe('7')
  })

  it('is open for the client when it is accepted, with the headers of a stream and more', async () => {
    const { server, subscription } = scene()
    const connection = await server.connection()
    expect(subscription.status).toBe('connecting')
    connection.accept({ 'X-Room': 'lobby' })
    await subscription.opened
    const { headers } = subscription.state.get() as Extract<SubscriptionState, { status: 'open' }>
    expect(headers.get('X-Room')).toBe('lobby')
    expect(headers.get('Content-Type')).toBe('text/event-stream; charset=utf-8')
    expect(connection.status).toBe('open')
  })

  it('accepts by sending, and delivers typed events, comments, gaps and raw bytes', async () => {
    const { server, subscription } = scene()
    const received: unknown[] = []
    subscription.onComment((comment) => received.push(comment))
    subscription.onGap((gap) => received.push(gap))
    subscription.onAny((event) => received.push(event))
    const connection = await server.connection()
    expect(connection.comment('hello')).toBe(true)
    connection.gap('trimmed', '6')
    connection.send('ping', { time: '12:00' }, { id: '7' })
    connection.write('event: pi')
    connection.write(new TextEncoder().encode('ng\ndata: {"time":"12:01"}\n\n'))
    connection.send('done')
    await subscription.once('done')
    expect(received).toEqual([
      'hello',
      { reason: 'trimmed', id: '6' },
      { type: 'ping', data: { time: '12:00' }, id: '7' },
      { type: 'ping', data: { time: '12:01' }, id: '7' },
      { type: 'done', data: undefined, id: '7' },
    ])
  })

  it('hands over what it sent before it broke; the client returns with the cursor', async () => {
    const { server, subscription } = scene()
    const connection = await server.connection()
    const ping = subscription.once('ping')
    const error = new Promise<Error>((resolve) => subscription.onError(resolve))
    connection.send('ping', { time: '12:00' }, { id: '7' })
    connection.break()
    expect((await ping).data).toEqual({ time: '12:00' })
    expect(await error).toMatchObject({
      code: 'network',
      message: `connection to ${url} failed: the test broke the connection`,
    })
    expect(await connection.closed).toBe('server')
    expect((await server.connection()).lastEventId).toBe('7')
    expect(server.connections).toHaveLength(2)
  })

  it('breaks while the client waits for more, and before it is answered', async () => {
    const { server, subscription } = scene()
    const errors: string[] = []
    subscription.onError(({ message }) => errors.push(message))
    const refused = await server.connection()
    refused.break(new TypeError('connection refused'))
    const first = await server.connection()
    first.send('done')
    await subscription.once('done')
    first.break(new TypeError('reset'))
    await server.connection()
    expect(errors).toEqual([`connection to ${url} failed: connection refused`, `connection to ${url} failed: reset`])
  })

  it('responds with a status, headers and a body', async () => {
    const { server, subscription } = scene()
    const losses: unknown[] = []
    subscription.onError(({ status, willRetry }) => losses.push([status, willRetry]))
    ;(await server.connection()).respond(503, { headers: { 'Retry-After': '0' } })
    const connection = await server.connection()
    connection.respond(403, { body: 'not for you' })
    const closed = await subscription.closed
    expect(closed).toMatchObject({ reason: 'fatal', error: { status: 403, body: 'not for you' } })
    expect(closed.error!.headers!.get('Content-Type')).toBe('text/plain;charset=UTF-8')
    expect(await connection.closed).toBe('server')
    expect(losses).toEqual([
      [503, true],
      [403, false],
    ])
  })

  it('responds with 204, which has no body', async () => {
    const { server, subscription } = scene()
    ;(await server.connection()).respond(204)
    expect(await subscription.closed).toEqual({ reason: 'server', end: 'no-content' })
  })

  it('ends a stream with a delay for the return, or for good', async () => {
    const { server, subscription } = scene({ retry: ({ delay }) => delay })
    const error = new Promise((resolve) => subscription.onError(resolve))
    ;(await server.connection()).end({ retry: 10 })
    expect(await error).toMatchObject({ code: 'stream-ended', willRetry: true })
    ;(await server.connection()).end({ final: true })
    expect(await subscription.closed).toEqual({ reason: 'server', end: 'final' })
  })

  it('writes the bytes that a server writes', async () => {
    const server = createTestServer<Events>()
    const { signal } = new AbortController()
    const response = server.fetch('http://localhost/events', { method: 'GET', headers: new Headers(), signal })
    const connection = await server.connection()
    connection.comment('heartbeat=15000')
    connection.retry(50)
    connection.send('done')
    connection.comment()
    connection.end({ retry: 10 })
    expect(await (await response).text()).toBe(': heartbeat=15000\nretry: 50\nevent: done\ndata:\n\n:\nretry: 10\n\n')
  })

  it('notices that the client has left, and sends nothing more', async () => {
    const { server, subscription } = scene()
    const connection = await server.connection()
    connection.accept()
    await subscription.opened
    subscription.close()
    expect(await connection.closed).toBe('client')
    expect(connection.status).toBe('closed')
    expect(connection.send('done')).toBe(false)
  })

  it('notices that the client has left before it was answered', async () => {
    const { server, subscription } = scene()
    const connection = await server.connection()
    subscription.close()
    expect(await connection.closed).toBe('client')
    expect(() => connection.accept()).toThrow(
      new TypeError('accept() comes too late: the connection is closed; await server.connection() for the next'),
    )
  })

  it('refuses a second answer', async () => {
    const { server } = scene()
    const connection = await server.connection()
    connection.accept()
    expect(() => connection.respond(500)).toThrow(
      new TypeError('respond() comes too late: the connection is open; await server.connection() for the next'),
    )
  })
})

describe('the server', () => {
  it('hands out connections in the order of their coming, to those who asked before too', async () => {
    const server = createTestServer()
    const early = server.connection()
    const subscriptions = ['a', 'b'].map((name) => subscribe(`http://localhost/${name}`, { fetch: server.fetch }))
    onTestFinished(() => {
      for (const subscription of subscriptions) subscription.close()
    })
    expect((await early).request.url).toBe('http://localhost/a')
    expect((await server.connection()).request.url).toBe('http://localhost/b')
  })

  it('speaks with the codecs of its map, and refuses other names', async () => {
    const events = defineEvents({ message: text() })
    const server = createTestServer({ events })
    const subscription = subscribe(url, { fetch: server.fetch, events })
    onTestFinished(() => subscription.close())
    const connection = await server.connection()
    connection.send('message', 'two\nlines')
    expect((await subscription.once('message')).data).toBe('two\nlines')
    expect(() => connection.send('other' as 'message', '')).toThrow(
      'event "other" is not in the map given as `events`; add it to defineEvents()',
    )
  })

  it('is typed by the map', () => {
    const server = createTestServer<Events>()
    type Connection = Awaited<ReturnType<typeof server.connection>>
    expectTypeOf<Connection['send']>().toBeCallableWith('ping', { time: '12:00' }, { id: '7' })
    // @ts-expect-error: a ping has a time.
    ;(connection: Connection) => connection.send('ping', {})
    // @ts-expect-error: the map does not have this event.
    ;(connection: Connection) => connection.send('pong', {})
  })

  it('refuses a request that was aborted before', async () => {
    const server = createTestServer()
    const init = { method: 'GET', headers: new Headers(), signal: AbortSignal.abort(new Error('gone')) }
    await expect(server.fetch(url, init)).rejects.toThrow('gone')
    expect(server.connections).toEqual([])
  })
})
