// respond() answers polls over real sockets, on HTTP/1 and HTTP/2, and releases what a client that has left was waiting for.
import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect, createServer as createHttp2Server } from 'node:http2'
import { expect, it } from 'vitest'
import { createChannel } from '../../src/server/index.ts'
import { respond } from '../../src/server/node/index.ts'
import { pages } from '../../src/server/pages/index.ts'
import { listen } from './listen.ts'

interface Events {
  note: number
}

const open = (wait = 20_000) =>
  createChannel<Events>({ poll: pages({ wait }), stream: { headers: { 'Access-Control-Allow-Origin': '*' } } })

async function serve(channel: ReturnType<typeof open>): Promise<string> {
  const port = await listen(createServer((req, res) => void respond(channel, req, res)))
  return `http://127.0.0.1:${port}/events`
}

it('responds with pages on one connection', async () => {
  const channel = open()
  const url = await serve(channel)
  await channel.publish('note', 1)
  const first = await fetch(`${url}?offset=-1`)
  expect(first.headers.get('Content-Length')).toMatch(/^\d+$/)
  expect(first.headers.get('Connection')).not.toBe('close')
  expect(first.headers.get('Access-Control-Allow-Origin')).toBe('*')
  expect(await first.json()).toEqual([{ type: 'note', id: expect.any(String), data: '1' }])
  const headers = { 'If-None-Match': first.headers.get('ETag')! }
  expect((await fetch(`${url}?offset=-1`, { headers })).status).toBe(304)
  const polling = fetch(`${url}?offset=${first.headers.get('Stream-Next-Offset')}&live=long-poll`)
  await expect.poll(() => channel.size).toBe(1)
  channel.publish('note', 2)
  expect(await (await polling).json()).toEqual([expect.objectContaining({ data: '2' })])
})

it('responds with 204 and with metadata, without a body', async () => {
  const channel = open(1)
  const url = await serve(channel)
  const polled = await fetch(`${url}?offset=now&live=long-poll`)
  expect([polled.status, await polled.text()]).toEqual([204, ''])
  const head = await fetch(url, { method: 'HEAD' })
  expect([head.status, head.headers.get('Content-Type')]).toEqual([200, 'application/json'])
  expect(head.headers.get('Stream-Next-Offset')).toBe(polled.headers.get('Stream-Next-Offset'))
})

it('lets go of a client that has disconnected', async () => {
  const channel = open()
  const url = await serve(channel)
  const polling = httpRequest(`${url}?offset=now&live=long-poll`)
  polling.on('error', () => {})
  polling.end()
  await expect.poll(() => channel.size).toBe(1)
  polling.destroy()
  await expect.poll(() => channel.size).toBe(0)
})

it('closes the stream of a page that begins when its client has disconnected', async () => {
  const channel = open()
  const snapshot = () => new Promise<void>(() => {})
  const port = await listen(createServer((req, res) => void respond(channel, req, res, { snapshot })))
  const polling = httpRequest(`http://127.0.0.1:${port}/?offset=begin`)
  polling.on('error', () => {})
  polling.end()
  await expect.poll(() => channel.size).toBe(1)
  const [stream] = channel
  polling.destroy()
  expect((await stream!.closed).reason).toBe('client')
  await expect.poll(() => channel.size).toBe(0)
})

it('returns a writer that is closed', async () => {
  const channel = open(1)
  let writer: ReturnType<typeof respond<Events>> | undefined
  const handler = (req: IncomingMessage, res: ServerResponse) => {
    writer = respond(channel, req, res)
  }
  const port = await listen(createServer(handler))
  await fetch(`http://127.0.0.1:${port}/?offset=now`)
  expect(writer?.send('note', 1)).toBe(false)
  expect((await writer?.closed)?.reason).toBe('server')
})

it('still opens streams, and refuses a foreign offset', async () => {
  const channel = open()
  const url = await serve(channel)
  const stream = await fetch(url)
  expect(stream.headers.get('Content-Type')).toMatch('text/event-stream')
  await stream.body!.cancel()
  expect((await fetch(`${url}?offset=7`)).status).toBe(400)
})

it('responds on HTTP/2', async () => {
  const channel = open()
  await channel.publish('note', 1)
  const port = await listen(createHttp2Server((req, res) => void respond(channel, req, res)))
  const session = connect(`http://127.0.0.1:${port}`)
  const stream = session.request({ ':path': '/?offset=-1' })
  const [head] = await once(stream, 'response')
  let text = ''
  for await (const chunk of stream) text += chunk
  expect([head[':status'], JSON.parse(text)[0].data]).toEqual([200, '1'])
  session.close()
})
