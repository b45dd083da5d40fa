// Headers arrive as people write them, and secrets stay with the origin they were meant for.
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { type FetchLike, subscribe } from '../../src/client/index.ts'
import { errorsOf, quick, subscribed, thrown } from './collect.ts'
import { ended, type Handler, rawServer, stream } from './raw-server.ts'

const redirect =
  (status: number, location: () => string): Handler =>
  (response) => {
    response.writeHead(status, { Location: location() }).end()
  }

describe('a redirect to another origin', () => {
  /** A wrapper as people write it: each request gets the token. */
  const withToken: FetchLike = (url, init) =>
    fetch(url, { ...init, headers: { ...init.headers, authorization: 'Bearer secret', 'x-tenant': 'acme' } })

  it.each([301, 302, 303, 307, 308])('loses what a wrapper around fetch adds (%i)', async (status) => {
    const other = await rawServer(stream('data: 1\n\n'))
    const home = await rawServer(redirect(status, () => other.url))
    const subscription = subscribed(home.url, {
      fetch: withToken,
      headers: { Cookie: 'session=1', 'X-Own': 'mine' },
      lastEventId: '7',
    })
    expect((await subscription.once('message')).data).toBe(1)
    expect(home.requests[0]!.headers).toMatchObject({
      authorization: 'Bearer secret',
      cookie: 'session=1',
      'x-own': 'mine',
    })
    const { headers } = other.requests[0]!
    for (const name of ['authorization', 'x-tenant', 'cookie', 'x-own']) expect(headers).not.toHaveProperty(name)
    expect(headers).toMatchObject({ accept: 'text/event-stream', 'last-event-id': '7' })
  })

  it('does not bring it back at a further hop, not even to the first origin', async () => {
    const other = await rawServer(redirect(307, () => `${home.origin}/last`))
    const home = await rawServer(
      redirect(307, () => other.url),
      stream('data: 1\n\n'),
    )
    expect((await subscribed(home.url, { fetch: withToken }).once('message')).data).toBe(1)
    expect(home.requests[1]!.headers).not.toHaveProperty('authorization')
  })

  it('keeps it within an origin', async () => {
    const home = await rawServer(
      redirect(307, () => '/elsewhere'),
      stream('data: 1\n\n'),
    )
    await subscribed(home.url, { fetch: withToken }).once('message')
    expect(home.requests[1]!.headers).toMatchObject({ authorization: 'Bearer secret' })
  })
})

it('follows a Location in raw UTF-8 to the right URL', async () => {
  const home = await rawServer((response, request) => {
    const { url } = request
    if (url === '/events') response.writeHead(302, { Location: Buffer.from('/žluť?q=日本').toString('latin1') }).end()
    else stream(`data: ${JSON.stringify(decodeURI(url!))}\n\n`)(response, request)
  })
  expect((await subscribed(home.url).once('message')).data).toBe('/žluť?q=日本')
})

it.each([
  ['percent signs', '/a%20b?c=%C5%BE', '/a%20b?c=%C5%BE'],
  ['bytes that are not UTF-8', '/\xff', '/%C3%BF'],
])('follows a Location with %s', async (_, location, path) => {
  const home = await rawServer(
    redirect(302, () => location),
    stream('data: 1\n\n'),
  )
  await subscribed(home.url).once('message')
  expect(home.requests[1]!.url).toBe(path)
})

describe('the headers given to fetch', () => {
  it('are a plain object, so that a spread keeps Accept and the cursor', async () => {
    const server = await rawServer(ended('id: 1\ndata: 1\n\n'), stream('data: 2\n\n'))
    const fetch: FetchLike = (url, init) =>
      globalThis.fetch(url, { ...init, headers: { ...init.headers, 'x-added': 'yes' } })
    const subscription = subscribed(server.url, { ...quick, fetch, headers: { 'X-Own': 'mine' } })
    for await (const { data } of subscription) if (data === 2) break
    const expected = { accept: 'text/event-stream', 'last-event-id': '1', 'x-own': 'mine', 'x-added': 'yes' }
    expect(server.requests[1]!.headers).toMatchObject(expected)
  })

  it('carry the Accept of the caller, as servers of MCP demand', async () => {
    const server = await rawServer(stream())
    const accept = 'application/json, text/event-stream'
    await subscribed(server.url, { headers: { Accept: accept } }).opened
    expect(server.requests[0]!.headers.accept).toBe(accept)
  })

  it.each([
    ['an object', { Authorization: undefined, 'X-Own': 'mine' }],
    ['a function', () => ({ Authorization: undefined, 'X-Own': 'mine' })],
    [
      'pairs',
      [
        ['Authorization', undefined],
        ['X-Own', 'mine'],
      ],
    ],
    ['Headers', new Headers({ 'X-Own': 'mine' })],
  ] as const)('leave out what is undefined, given as %s', async (_, headers) => {
    const server = await rawServer(stream())
    await subscribed(server.url, { headers }).opened
    expect(server.requests[0]!.headers).not.toHaveProperty('authorization')
    expect(server.requests[0]!.headers).toMatchObject({ 'x-own': 'mine' })
  })

  it('may be numbers and lists, as a server takes them', async () => {
    const server = await rawServer(stream())
    await subscribed(server.url, { headers: { 'X-Depth': 7, 'X-Tags': ['a', 'b'] } }).opened
    expect(server.requests[0]!.headers).toMatchObject({ 'x-depth': '7', 'x-tags': 'a,b' })
  })
})

describe('json', () => {
  /** Responds with the method, content type and body of the request. */
  const echo: Handler = async (response, request) => {
    const seen = [request.method, request.headers['content-type'], await text(request)]
    ended(`data: ${JSON.stringify(seen)}\n\n`)(response, request)
  }

  it.each([
    [{ json: { prompt: 'žluť' } }, ['POST', 'application/json', '{"prompt":"žluť"}']],
    [{ json: null }, ['POST', 'application/json', 'null']],
    [{ json: () => ({ attempt: 1 }) }, ['POST', 'application/json', '{"attempt":1}']],
    [{ json: [], method: 'query' }, ['QUERY', 'application/json', '[]']],
    [{ json: 1, headers: { 'Content-Type': 'application/ld+json' } }, ['POST', 'application/ld+json', '1']],
  ])('sends %j', async (options, expected) => {
    const { url } = await rawServer(echo)
    expect((await subscribed(url, options).once('message')).data).toEqual(expected)
  })

  it('refuses what JSON cannot carry at the call', () => {
    expect(() => subscribe('http://a/', { json: { id: 1n } })).toThrow(TypeError)
  })

  it('reports it as the failure of the option when a function gave it', async () => {
    const { url } = await rawServer(echo)
    const subscription = subscribed(url, { json: () => 1n, retry: false })
    const errors = errorsOf(subscription)
    await subscription.closed
    expect(errors[0]).toMatchObject({ code: 'callback-failed', message: expect.stringContaining('`json` failed') })
  })
})

describe('at the call', () => {
  it.each([
    [
      'http://ada:secret@example.com/events',
      {},
      'cannot subscribe to "example.com": fetch refuses user and password in a URL; send the header Authorization',
    ],
    [
      'http://ada@example.com/',
      {},
      'cannot subscribe to "example.com": fetch refuses user and password in a URL; send the header Authorization',
    ],
    ['http://a/', { json: 1, body: 'x' }, 'json is given beside body; give one of them'],
    [
      'http://a/',
      { storage: { getItem() {}, setItem() {} } },
      'storage is [object Object]; give { get: () => sessionStorage.getItem(key), set: (id) => … }',
    ],
  ])('refuses %s with %j', (url, options, message) => {
    const error = thrown(() => subscribe(url, options as object))
    expect([error.code, error.message]).toEqual(['invalid-option', message])
  })

  it('says the same of a URL that a function gave, and shows no password', async () => {
    const subscription = subscribed(() => 'http://ada:secret@example.com/')
    const errors = errorsOf(subscription)
    expect(await subscription.closed).toEqual({ reason: 'fatal', error: errors[0] })
    expect(errors[0]!.message).not.toContain('secret')
  })
})

it('names the query parameter of the cursor as the server does', async () => {
  const server = await rawServer(stream())
  await subscribed(`${server.url}?topic=a`, { lastEventId: 'urn:1', cursorIn: { query: 'lastEventID' } }).opened
  expect(server.requests[0]!.url).toBe('/events?topic=a&lastEventID=urn%3A1')
  expect(server.requests[0]!.headers).not.toHaveProperty('last-event-id')
})
