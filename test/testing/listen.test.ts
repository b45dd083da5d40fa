// A test server that listens serves any client on a real port: the test sends, breaks and refuses, and sees who disconnects.
import { createServer } from 'node:net'
import { build } from 'esbuild'
import { EventSource } from 'eventsource'
import { expect, it, onTestFinished } from 'vitest'
import { subscribe } from '../../src/client/index.ts'
import { createTestServer } from '../../src/testing/index.ts'
import { listen } from '../node/listen.ts'
import { RawClient } from '../node/raw-client.ts'
import { root } from '../programs.ts'

interface Events {
  ping: { time: string }
  message: string
}
type Options = NonNullable<Parameters<typeof createTestServer<Events>>[0]>
const quick = { min: 1, max: 5 }

async function listening(options: Options = {}) {
  const server = await createTestServer<Events>(options).listen()
  onTestFinished(() => server.close())
  return { server, port: Number(new URL(server.url).port) }
}

it('serves a client of Eventwire, which loses nothing and returns with its cursor when the connection breaks', async () => {
  const { server } = await listening({ url: '/events' })
  using subscription = subscribe<Events>(server.url, { retry: quick })
  expect(new URL(server.url).pathname).toBe('/events')
  const connection = await server.connection()
  expect(connection.request.url).toBe(server.url)
  const received: string[] = []
  subscription.on('message', (text) => received.push(text))
  const broke = new Promise((resolve) => subscription.onError(({ code }) => resolve(code)))
  for (let sent = 0; sent < 200; sent++) connection.send('message', 'x'.repeat(10_000), { id: `${sent}` })
  connection.break()
  const again = await server.connection()
  expect(await broke).toBe('network')
  expect(received).toHaveLength(200)
  expect(again.lastEventId).toBe('199')
})

it('serves an EventSource', async () => {
  const { server } = await listening()
  const source = new EventSource(server.url)
  onTestFinished(() => source.close())
  const ping = new Promise<MessageEvent>((resolve) => source.addEventListener('ping', resolve))
  const connection = await server.connection()
  connection.send('ping', { time: '12:00' }, { id: '7' })
  expect((await ping).data).toBe('{"time":"12:00"}')
  connection.end({ retry: 10 })
  expect((await server.connection()).lastEventId).toBe('7')
})

it('knows what was asked: method, headers, query and body', async () => {
  const { server } = await listening({ url: '/events' })
  const fetched = fetch(`${server.url}?room=7`, { method: 'POST', headers: { 'X-Key': 'k' }, body: 'why?' })
  const { request, ...rest } = await server.connection()
  expect([request.method, request.headers.get('X-Key'), new URL(request.url).search]).toEqual(['POST', 'k', '?room=7'])
  expect(await request.text()).toBe('why?')
  expect(rest).toBeDefined()
  server.connections[0]!.respond(429, { headers: { 'Retry-After': '60', 'Set-Cookie': ['a=1', 'b=2'] }, body: 'busy' })
  const response = await fetched
  expect([response.status, response.headers.get('Retry-After'), await response.text()]).toEqual([429, '60', 'busy'])
  expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
})

it('sends the head alone when the test accepts, and nothing before', async () => {
  const { server, port } = await listening()
  const client = await RawClient.open(port)
  const connection = await server.connection()
  expect(client.text).toBe('')
  connection.accept({ 'X-Room': 'lobby' })
  const head = await client.until('\r\n\r\n')
  expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
  expect(head).toMatch(/^content-type: text\/event-stream; charset=utf-8\r$/im)
  expect(head).toMatch(/^x-room: lobby\r$/im)
  client.disconnect()
  expect(await connection.closed).toBe('client')
})

it('notices a client that disconnects before it had a response', async () => {
  const { server, port } = await listening()
  const client = await RawClient.open(port)
  const connection = await server.connection()
  client.disconnect()
  expect(await connection.closed).toBe('client')
})

it('breaks a connection that had no response yet', async () => {
  const { server, port } = await listening()
  const client = await RawClient.open(port)
  ;(await server.connection()).break()
  expect(await client.end()).toBe('')
})

it.each<[string, Options]>([
  ['a path', { url: '/events' }],
  ['an absolute URL, which it takes the place of', { url: 'https://api.example.com/events' }],
  ['a function of the URL', { url: ({ pathname }) => pathname === '/events' }],
])('takes what `url` names, %s, and responds with 404 to the rest', async (_, options) => {
  const { server } = await listening(options)
  const missing = await fetch(new URL('/favicon.ico', server.url))
  expect([missing.status, await missing.text()]).toEqual([404, 'the test server has no stream at /favicon.ico\n'])
  const fetched = fetch(new URL('/events', server.url))
  ;(await server.connection()).respond(204)
  expect((await fetched).status).toBe(204)
  expect(server.connections).toHaveLength(1)
})

it.each<[string, string]>([
  ['a query', '/events?x=1'],
  ['a character that is encoded', '/a room/events'],
  ['two slashes', '//events'],
  ['an absolute URL with a query', 'https://api.example.com/events?x=1'],
])('takes what `url` names with %s', async (_, url) => {
  const { server } = await listening({ url })
  const fetched = [fetch(server.url), server.fetch(url.startsWith('/') ? `${server.url}?y=2` : url)]
  for (const _ of fetched) (await server.connection()).respond(204)
  expect((await Promise.all(fetched)).map(({ status }) => status)).toEqual([204, 204])
})

const failing = () => {
  throw new Error('no idea')
}
it.each<[string, string, Options, number, string]>([
  ['a GET with a body', 'GET /a HTTP/1.1\r\nContent-Length: 2', {}, 400, 'fetch cannot make this request: '],
  ['a TRACE', 'TRACE /a HTTP/1.1', {}, 400, 'fetch cannot make this request: '],
  ['a target that is not a URL', 'GET http://[/ HTTP/1.1', {}, 400, 'http://[/ is not a URL: '],
  ['a path of two slashes', 'GET // HTTP/1.1', { url: '/events' }, 404, 'the test server has no stream at //\n'],
  ['a request whose `url` throws', 'GET /a HTTP/1.1', { url: failing }, 500, 'the function url threw: no idea\n'],
])('responds to %s, and serves the next request', async (_, line, options, status, text) => {
  const { server, port } = await listening(options)
  const body = line.includes('Length') ? 'hi' : ''
  const client = await RawClient.open(port, [line, 'Connection: close'], body)
  const response = await client.end()
  expect(response).toContain(`HTTP/1.1 ${status} `)
  expect(response).toContain(text)
  expect(server.connections).toEqual([])
  if (options.url === failing) return
  const fetched = fetch(server.url)
  ;(await server.connection()).respond(204)
  expect((await fetched).status).toBe(204)
})

it('lets pages of other origins ask with headers and cookies', async () => {
  const { server } = await listening()
  const headers = {
    Origin: 'http://localhost:5173',
    'Access-Control-Request-Method': 'POST',
    'Access-Control-Request-Headers': 'last-event-id,authorization',
  }
  const preflight = await fetch(server.url, { method: 'OPTIONS', headers })
  expect(preflight.status).toBe(204)
  expect(Object.fromEntries(preflight.headers)).toMatchObject({
    'access-control-allow-origin': 'http://localhost:5173',
    'access-control-allow-credentials': 'true',
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': 'last-event-id,authorization',
  })
  expect(server.connections).toEqual([])
  const fetched = fetch(server.url, { headers: { Origin: 'http://localhost:5173' } })
  ;(await server.connection()).respond(503, { headers: { 'Retry-After': '1', 'Access-Control-Allow-Origin': 'null' } })
  const response = await fetched
  expect(response.headers.get('Access-Control-Allow-Origin')).toBe('null')
  expect(response.headers.get('Access-Control-Expose-Headers')).toContain('retry-after')
})

it('is one server, whether a request comes by fetch or over the port', async () => {
  const { server } = await listening()
  using inProcess = subscribe<Events>('http://localhost/', { fetch: server.fetch })
  const first = await server.connection()
  using overHttp = subscribe<Events>(server.url)
  const second = await server.connection()
  first.send('message', 'a')
  second.send('message', 'b')
  const received = await Promise.all([inProcess.once('message'), overHttp.once('message')])
  expect(received.map(({ data }) => data)).toEqual(['a', 'b'])
  expect(server.connections).toEqual([first, second])
})

it('closes: breaks what is open or waiting, and frees the port', async () => {
  const { server, port } = await listening()
  const clients = [await RawClient.open(port), await RawClient.open(port)]
  const [open, waiting] = [await server.connection(), await server.connection()]
  open.accept()
  await Promise.race(clients.map((client) => client.until('\r\n\r\n')))
  await server.close()
  await Promise.all(clients.map((client) => client.end()))
  expect([await open.closed, await waiting.closed]).toEqual(['server', 'server'])
  expect(await listen(createServer().on('error', () => {}))).toBeGreaterThan(0)
  await expect(fetch(server.url)).rejects.toThrow('fetch failed')
  await server.close()
})

it('closes at the end of its block, and refuses a port that is taken', async () => {
  let url: string
  {
    await using server = await createTestServer({ url: '/a' }).listen({ host: 'localhost' })
    url = server.url
    expect(url).toMatch(/^http:\/\/localhost:\d+\/a$/)
    const { port } = new URL(url)
    await expect(createTestServer().listen({ port: Number(port), host: 'localhost' })).rejects.toThrow('EADDRINUSE')
  }
  await expect(fetch(url)).rejects.toThrow('fetch failed')
})

it('costs a page that runs the kit nothing: a bundle for browsers imports no module of Node', async () => {
  const entryPoints = [`${root}src/testing/index.ts`]
  const { metafile } = await build({ entryPoints, bundle: true, write: false, metafile: true, platform: 'browser' })
  const imports = Object.values(metafile.inputs).flatMap(({ imports }) => imports.map(({ path }) => path))
  expect(imports.length).toBeGreaterThan(10)
  expect(imports.filter((path) => path.startsWith('node:'))).toEqual([])
})
