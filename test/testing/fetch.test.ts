// The fetch of a test server is a fetch like any other: it may stand in the place of the global one.
import { HttpResponse, http } from 'msw/http'
import { setupServer } from 'msw/node'
import { describe, expect, expectTypeOf, it, onTestFinished, vi } from 'vitest'
import { type FetchLike, subscribe } from '../../src/client/index.ts'
import { createTestServer } from '../../src/testing/index.ts'

interface Events {
  ping: { time: string }
}
type UrlOption = NonNullable<Parameters<typeof createTestServer<Events>>[0]>['url']
const url = 'http://localhost/a'

/** Puts a fetch in the place of the global one, for this test. */
function replaceFetch(fetch: typeof globalThis.fetch): void {
  vi.stubGlobal('fetch', fetch)
  onTestFinished(() => void vi.unstubAllGlobals())
}

describe('the fetch of a test server', () => {
  it.each<[string, Parameters<typeof fetch>, Record<string, string>]>([
    ['a string', [url], {}],
    ['a URL', [new URL(url)], {}],
    ['a Request', [new Request(url)], {}],
    ['a Request and an init', [new Request(url, { method: 'POST', body: 'old' }), { body: 'text' }], { body: 'text' }],
    ['no init', [url, undefined], {}],
    ['headers as an object', [url, { method: 'POST', headers: { a: 'b' } }], { a: 'b' }],
    ['headers as pairs', [url, { method: 'POST', headers: [['a', 'b']] }], { a: 'b' }],
    ['Headers', [url, { method: 'POST', headers: new Headers({ a: 'b' }) }], { a: 'b' }],
    ['a body', [url, { method: 'POST', body: 'text' }], { body: 'text' }],
    ['no signal', [url, { signal: null }], {}],
  ])('takes %s', async (_, args, { body = '', ...headers }) => {
    const server = createTestServer()
    const answered = server.fetch(...args)
    const { request, ...connection } = await server.connection()
    expect(request.url).toBe(url)
    expect(await request.text()).toBe(body)
    for (const [name, value] of Object.entries(headers)) expect(request.headers.get(name)).toBe(value)
    expect(connection.lastEventId).toBe('')
    server.connections[0]!.respond(200, { body: 'hello' })
    expect(await (await answered).text()).toBe('hello')
  })

  it('is typed as the global one, and as what subscribe() takes', () => {
    const server = createTestServer<Events>()
    expectTypeOf(server.fetch).toExtend<typeof globalThis.fetch>()
    expectTypeOf(server.fetch).toExtend<FetchLike>()
  })

  it('knows the cursor, however it is sent', async () => {
    const server = createTestServer()
    for (const headers of [{ 'Last-Event-ID': '7' }, [['last-event-id', '7']], new Headers({ 'Last-Event-ID': '7' })]) {
      server.fetch(url, { headers: headers as HeadersInit })
      expect((await server.connection()).lastEventId).toBe('7')
    }
  })

  it.each<[string, (signal: AbortSignal) => Parameters<typeof fetch>]>([
    ['an init', (signal) => [url, { signal }]],
    ['a Request', (signal) => [new Request(url, { signal })]],
  ])('is aborted by the signal of %s, before and while it waits', async (_, argsOf) => {
    const server = createTestServer()
    await expect(server.fetch(...argsOf(AbortSignal.abort(new Error('gone'))))).rejects.toThrow('gone')
    expect(server.connections).toEqual([])
    const abort = new AbortController()
    const answered = server.fetch(...argsOf(abort.signal))
    const connection = await server.connection()
    abort.abort(new Error('gone, too'))
    await expect(answered).rejects.toThrow('gone, too')
    expect(await connection.closed).toBe('client')
  })

  it('refuses what is not a URL, as fetch does', async () => {
    await expect(createTestServer().fetch('http://')).rejects.toThrow(TypeError)
  })
})

describe('a test server of one URL', () => {
  const others: string[] = []
  const real: typeof fetch = async (input, init) => {
    others.push(`${init?.method ?? 'GET'} ${input instanceof Request ? input.url : input}`)
    return new Response('from elsewhere')
  }
  const scene = (option: UrlOption) => {
    others.length = 0
    replaceFetch(real)
    const server = createTestServer<Events>({ url: option })
    replaceFetch(server.fetch)
    return server
  }

  it('lets a component that also posts reach what was there before', async () => {
    const server = scene('/events')
    using subscription = subscribe<Events>('http://localhost/events?room=7')
    const connection = await server.connection()
    const posted = await fetch('http://localhost/ask', { method: 'POST', headers: { a: 'b' }, body: '{}' })
    expect(await posted.text()).toBe('from elsewhere')
    expect(others).toEqual(['POST http://localhost/ask'])
    connection.send('ping', { time: '12:00' })
    expect((await subscription.once('ping')).data.time).toBe('12:00')
    expect(server.connections).toEqual([connection])
  })

  it.each<[string, UrlOption, string[]]>([
    ['a path', '/events', ['http://localhost/events', 'http://localhost/events?x=1', 'https://other.example/events']],
    ['a URL', 'http://localhost/events', ['http://localhost/events', 'http://localhost/events?x=1']],
    ['a URL object', new URL('http://localhost/events'), ['http://localhost/events']],
    [
      'a function',
      ({ pathname }) => pathname.startsWith('/rooms/'),
      ['http://localhost/rooms/7', 'http://a.example/rooms/'],
    ],
  ])('takes %s', async (_, option, ours) => {
    const server = scene(option)
    for (const address of ours) for (const input of [address, new URL(address), new Request(address)]) void fetch(input)
    expect(server.connections.map(({ request }) => request.url)).toEqual(ours.flatMap((each) => [each, each, each]))
    const theirs = ['http://localhost/', 'http://localhost/event', 'http://localhost/events/7', '/relative']
    for (const address of theirs) expect(await (await fetch(address)).text()).toBe('from elsewhere')
    expect(await (await fetch(new Request('http://localhost/ask', { method: 'POST', body: '?' }))).text()).toBe(
      'from elsewhere',
    )
    expect(server.connections).toHaveLength(ours.length * 3)
  })

  it('leaves the other requests to msw', async () => {
    const msw = setupServer(
      http.post('http://localhost/ask', async ({ request }) => HttpResponse.text(await request.text())),
    )
    msw.listen({ onUnhandledFrame: 'error' })
    onTestFinished(() => msw.close())
    const server = createTestServer<Events>({ url: '/events' })
    replaceFetch(server.fetch)
    using subscription = subscribe<Events>('http://localhost/events')
    ;(await server.connection()).send('ping', { time: '12:00' })
    expect((await subscription.once('ping')).data.time).toBe('12:00')
    expect(await (await fetch('http://localhost/ask', { method: 'POST', body: 'who?' })).text()).toBe('who?')
  })

  it.each(['events', '', 7, 'http://'])('refuses %j', (option) => {
    const message = `url is ${JSON.stringify(option)}; give a path such as /events, an absolute URL, or a function of the URL`
    expect(() => createTestServer({ url: option as string })).toThrow(
      expect.objectContaining({ code: 'invalid-option', message }),
    )
  })
})
