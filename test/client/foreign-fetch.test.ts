// A response is read whatever class made it; one that cannot be read says why, at once and for good.

import nodeFetch from 'node-fetch'
import * as undici from 'undici'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type FetchLike, readEvents } from '../../src/client/index.ts'
import { errorsOf, quick, subscribed } from './collect.ts'
import { ended, type Handler, rawServer, respondWith, stream } from './raw-server.ts'

afterEach(() => vi.unstubAllGlobals())

/** A stream under another status or content type; no type at all when it is empty. */
const other =
  (status: number, type: string): Handler =>
  (response) => {
    response.writeHead(status, type === '' ? {} : { 'Content-Type': type }).end('data: 1\n\n')
  }

async function all(source: Parameters<typeof readEvents>[0], options = {}): Promise<unknown[]> {
  const seen: unknown[] = []
  for await (const { data } of readEvents<{ message: unknown }>(source, options)) seen.push(data)
  return seen
}

describe('undici from npm', () => {
  it('readEvents() reads its response', async () => {
    const { url } = await rawServer(ended('data: 1\n\n'))
    expect(await all(await undici.fetch(url))).toEqual([1])
  })

  it('readEvents() checks its response', async () => {
    const { url } = await rawServer(respondWith(404, 'nothing here'))
    const error = { code: 'http-status', status: 404, body: 'nothing here', url }
    await expect(all(await undici.fetch(url))).rejects.toMatchObject(error)
  })

  it('subscribe() takes its fetch, alone or behind a wrapper with a dispatcher', async () => {
    const server = await rawServer(ended('id: 1\ndata: 1\n\n'), stream('data: 2\n\n'))
    const dispatcher = new undici.Agent()
    const fetch: FetchLike = (url, init) => undici.fetch(url, { ...init, dispatcher })
    for await (const { data } of subscribed(server.url, { ...quick, fetch })) if (data === 2) break
    expect(server.requests[1]!.headers).toMatchObject({ 'last-event-id': '1', accept: 'text/event-stream' })
    expect((await subscribed(server.url, { fetch: undici.fetch }).once('message')).data).toBe(2)
    await dispatcher.destroy()
  })
})

describe('node-fetch, whose body is a Node stream', () => {
  const message = (url: string) => `${url} responded without a body that is a web stream; use a fetch that streams`

  it('readEvents() refuses its response with the reason', async () => {
    const { url } = await rawServer(ended('data: 1\n\n'))
    await expect(all(await nodeFetch(url))).rejects.toMatchObject({ code: 'missing-body', message: message(url) })
  })

  it('subscribe() closes as fatal, after one request', async () => {
    const server = await rawServer(ended('data: 1\n\n'))
    const subscription = subscribed(server.url, { ...quick, fetch: (url, init) => nodeFetch(url, init as object) })
    const errors = errorsOf(subscription)
    expect(await subscription.closed).toEqual({ reason: 'fatal', error: errors[0] })
    expect(errors[0]).toMatchObject({ code: 'missing-body', willRetry: false, message: message(server.url) })
    expect(server.requests).toHaveLength(1)
  })
})

describe('a host that replaces the globals', () => {
  it('readEvents() reads a native response, and a native body', async () => {
    const { url } = await rawServer(ended('data: 1\n\n'))
    const [first, second] = [await fetch(url), await fetch(url)]
    vi.stubGlobal('Response', class Response {})
    vi.stubGlobal('ReadableStream', class ReadableStream {})
    expect(await all(first)).toEqual([1])
    expect(await all(second.body!)).toEqual([1])
  })

  it('subscribe() reads it too', async () => {
    const { url } = await rawServer(stream('data: 1\n\n'))
    vi.stubGlobal('Response', class Response {})
    expect((await subscribed(url).once('message')).data).toBe(1)
  })
})

describe('accept', () => {
  it.each([
    [201, 'text/event-stream', []],
    [201, 'text/event-stream; charset=utf-8', ['text/plain']],
    [200, 'text/plain; charset=utf-8', ['text/plain']],
    [202, '', ['']],
    [200, '', false],
    [299, 'application/octet-stream', false],
  ] as const)('a stream under %i with %j is read with accept %j', async (status, type, accept) => {
    const { url } = await rawServer(other(status, type))
    expect(await all(await fetch(url), { accept })).toEqual([1])
    expect((await subscribed(url, { accept, ...quick }).once('message')).data).toBe(1)
  })

  it.each([
    [200, 'text/html', ['text/plain'], 'wrong-content-type'],
    [200, '', ['text/plain'], 'wrong-content-type'],
    [301, 'text/event-stream', false, 'http-status'],
    [404, 'text/event-stream', false, 'http-status'],
  ] as const)('one under %i with %j is not with accept %j', async (status, type, accept, code) => {
    const { url } = await rawServer(other(status, type))
    await expect(all(await fetch(url, { redirect: 'manual' }), { accept })).rejects.toMatchObject({ code })
  })

  it.each([
    [201, 'text/event-stream', 'http-status'],
    [200, 'text/plain', 'wrong-content-type'],
    [200, '', 'wrong-content-type'],
  ])('without accept one under %i with %j is fatal', async (status, type, code) => {
    const { url } = await rawServer(other(status, type))
    await expect(all(await fetch(url))).rejects.toMatchObject({ code })
    const subscription = subscribed(url)
    errorsOf(subscription)
    expect(await subscription.closed).toMatchObject({ reason: 'fatal', error: { code } })
  })

  it('keeps a 204 the end that it is', async () => {
    const { url } = await rawServer((response) => response.writeHead(204).end())
    expect(await subscribed(url, { accept: false }).closed).toEqual({ reason: 'server', end: 'no-content' })
  })
})

it('a response without a URL is called by what it is', async () => {
  await expect(all(new Response('no', { status: 401 }))).rejects.toThrow(
    'the server responded with 401; a stream needs 200',
  )
})
