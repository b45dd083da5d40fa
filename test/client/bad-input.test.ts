// Mistakes are thrown to the caller or reported through onError, with a message that says what to do.
import { afterEach, expect, it, vi } from 'vitest'
import { readEvents, subscribe } from '../../src/client/index.ts'
import { nextError, subscribed, thrown } from './collect.ts'
import { rawServer, respondWith, stream } from './raw-server.ts'

afterEach(() => vi.unstubAllGlobals())

/** Catches what would reach `window.onerror`. */
function reported(): unknown[] {
  const errors: unknown[] = []
  vi.stubGlobal('reportError', (error: unknown) => errors.push(error))
  return errors
}

it('refuses a URL that is none, at the call', () => {
  const error = thrown(() => subscribe('not a url'))
  expect(error).toMatchObject({ name: 'EventwireError', code: 'invalid-option' })
  expect(error.message).toBe('cannot subscribe to "not a url": not an http(s) URL; give http(s)://host/path')
  expect(thrown(() => subscribe('/events')).message).toBe(
    'cannot subscribe to "/events": not an http(s) URL; give http(s)://host/path',
  )
  expect(thrown(() => subscribe('ws://127.0.0.1/')).message).toBe(
    'cannot subscribe to "ws://127.0.0.1/": not an http(s) URL; give http(s)://host/path',
  )
})

it.each([
  [{ retry: { min: Number.NaN } }, 'min is NaN; give a number from 0 up'],
  [{ idleTimeout: -1 }, 'idleTimeout is -1; give a number from 0 up'],
  [{ pauseHidden: -5 }, 'pauseHidden is -5; give a number from 0 up'],
  [{ maxEventSize: -1 }, 'maxEventSize is -1; give a number from 0 up'],
])('refuses %j, at the call', (options, message) => {
  const error = thrown(() => subscribe('http://127.0.0.1/', options))
  expect(error.code).toBe('invalid-option')
  expect(error.message).toBe(message)
})

it('refuses headers that HTTP cannot carry, at the call', () => {
  expect(() => subscribe('http://127.0.0.1/', { headers: { 'X-Name': 'two\nlines' } })).toThrow(TypeError)
})

it('closes on 404 with the status, the headers and the body', async () => {
  const server = await rawServer(respondWith(404, 'no such stream', { 'X-Trace': 'abc' }))
  const subscription = subscribed(server.url)
  const error = await nextError(subscription)
  expect(error.message).toBe(`${server.url} responded with 404; a stream needs 200`)
  expect(error).toMatchObject({
    code: 'http-status',
    status: 404,
    body: 'no such stream',
    url: server.url,
    attempt: 1,
    willRetry: false,
  })
  expect(error.headers!.get('X-Trace')).toBe('abc')
  expect(subscription.state.get()).toEqual({ status: 'closed', reason: 'fatal', error })
  await expect(subscription.opened).rejects.toBe(error)
})

it('closes on a page instead of a stream', async () => {
  const server = await rawServer(respondWith(200, '<h1>Sign in</h1>', { 'Content-Type': 'text/html; charset=utf-8' }))
  const error = await nextError(subscribed(server.url))
  expect(error.code).toBe('wrong-content-type')
  expect(error.message).toBe(
    `${server.url} responded with content type "text/html; charset=utf-8"; a stream needs text/event-stream, or \`accept\``,
  )
  expect(error.body).toBe('<h1>Sign in</h1>')
})

it('closes on an answer that fetch gives no body for', async () => {
  const fetch = async () => new Response(null, { headers: { 'Content-Type': 'text/event-stream' } })
  const error = await nextError(subscribed('http://127.0.0.1/', { fetch }))
  expect(error.code).toBe('missing-body')
  expect(error.message).toBe(
    'http://127.0.0.1/ responded without a body that is a web stream; use a fetch that streams',
  )
})

it('throws the fatal error out of a loop', async () => {
  const server = await rawServer(respondWith(403))
  const loop = (async () => {
    for await (const _ of subscribed(server.url)) expect.unreachable()
  })()
  await expect(loop).rejects.toMatchObject({ code: 'http-status', status: 403 })
})

it('reports a fatal error without a listener', async () => {
  const errors = reported()
  const server = await rawServer(respondWith(404))
  const { error } = await subscribed(server.url).closed
  expect(errors).toEqual([error])
})

it('reports a listener that throws, and goes on with the others and the stream', async () => {
  const errors = reported()
  const server = await rawServer(stream('data: 1\n\ndata: 2\n\n'))
  const subscription = subscribed(server.url)
  const seen: unknown[] = []
  subscription.on('message', (data) => {
    throw new Error(`cannot handle ${data}`)
  })
  subscription.on('message', (data) => seen.push(data))
  await vi.waitUntil(() => seen.length === 2)
  expect(errors.map(String)).toEqual(['Error: cannot handle 1', 'Error: cannot handle 2'])
  expect(server.requests).toHaveLength(1)
  expect(subscription.status).toBe('open')
})

it('reports a payload that is not JSON and goes on behind it', async () => {
  const server = await rawServer(stream('id: 1\ndata: {"half\n\nid: 2\ndata: 2\n\n'))
  const subscription = subscribed(server.url)
  const failure = nextError(subscription)
  expect((await subscription.once('message')).data).toBe(2)
  const error = await failure
  expect(error).toMatchObject({ code: 'payload-not-decodable', type: 'message', raw: '{"half', id: '1' })
  expect(error.message).toMatch(/^data of "message" cannot be decoded: Unterminated string in JSON/)
})

it('closes at an event that is too large, because it would come again', async () => {
  const server = await rawServer(stream(`data: ${'x'.repeat(2000)}\n\n`))
  const subscription = subscribed(server.url, { maxEventSize: 1000 })
  const error = await nextError(subscription)
  expect(error.code).toBe('event-too-large')
  expect(error.message).toMatch(
    /^event of at least \d+ bytes is over the limit of 1000; raise maxEventSize or send it in parts$/,
  )
  expect(subscription.status).toBe('closed')
})

it('reads the events of one body, and says why it cannot', async () => {
  const server = await rawServer(
    stream('event: ping\ndata: {"n":1}\n\nevent: sse:cursor\nid: a.1\ndata:\n\nevent: sse:end\ndata:\n\n'),
    respondWith(500, 'broken'),
  )
  const seen: unknown[] = []
  for await (const event of readEvents<{ ping: { n: number } }>(await fetch(server.url))) seen.push(event)
  expect(seen).toEqual([{ type: 'ping', data: { n: 1 }, id: '' }])
  const failing = readEvents(await fetch(server.url))
    [Symbol.asyncIterator]()
    .next()
  await expect(failing).rejects.toMatchObject({ code: 'http-status', status: 500, body: 'broken' })
})
