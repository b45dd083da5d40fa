// A compressed stream on Node's responses: HTTP/1.1, HTTP/2, and behind middleware that would compress it again.
import { createServer, get, type IncomingMessage } from 'node:http'
import { connect, createServer as createHttp2Server } from 'node:http2'
import { gunzipSync } from 'node:zlib'
import compression from 'compression'
import express from 'express'
import { expect, it } from 'vitest'
import { gzip } from '../../src/server/gzip/index.ts'
import { createChannel } from '../../src/server/index.ts'
import { createStream, respond } from '../../src/server/node/index.ts'
import { listen } from './listen.ts'

interface Events {
  note: { n: number }
}

/** A channel that ends after some events. */
function channelOf(): ReturnType<typeof createChannel<Events>> {
  const channel = createChannel<Events>({ compress: gzip() })
  for (let n = 1; n <= 500; n++) channel.publish('note', { n })
  channel.close({ final: true })
  return channel
}

/** The last event that is there, once the whole response was decoded with its checksum. */
function lastOf(chunks: readonly Uint8Array[]): string | undefined {
  return gunzipSync(Buffer.concat(chunks))
    .toString()
    .match(/\{"n":\d+\}/g)
    ?.at(-1)
}

async function read(port: number): Promise<{ headers: IncomingMessage['headers']; last: string | undefined }> {
  const headers = { 'Accept-Encoding': 'gzip, deflate, br' }
  const response = await new Promise<IncomingMessage>((resolve) => void get({ port, headers }, resolve))
  return { headers: response.headers, last: lastOf(await response.toArray()) }
}

it('over HTTP/1.1', async () => {
  const channel = channelOf()
  const server = createServer((request, response) => void respond(channel, request, response, { from: 'start' }))
  const { headers, last } = await read(await listen(server))
  expect(headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' })
  expect(last).toBe('{"n":500}')
})

it('over HTTP/2', async () => {
  const channel = channelOf()
  const server = createHttp2Server((request, response) => void respond(channel, request, response, { from: 'start' }))
  const session = connect(`http://127.0.0.1:${await listen(server)}`)
  const stream = session.request({ 'accept-encoding': 'gzip' })
  const headers = new Promise((resolve) => stream.once('response', resolve))
  expect(lastOf(await stream.toArray())).toBe('{"n":500}')
  expect(await headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' })
  session.close()
})

it('behind the compression of Express, which leaves it alone, with headers that others have set', async () => {
  const channel = channelOf()
  const app = express()
  app.use(compression({ threshold: 0, filter: () => true }))
  app.get('/', (request, response) => {
    response.vary('Origin')
    respond(channel, request, response, { from: 'start' })
  })
  const { headers, last } = await read(await listen(createServer(app)))
  expect(headers['content-encoding']).toBe('gzip')
  expect(headers.vary).toMatch(/^Origin, Accept-Encoding/)
  expect(last).toBe('{"n":500}')
})

it('of a single stream, and of one that is asked for by HEAD', async () => {
  const server = createServer((request, response) => {
    const stream = createStream<Events>(request, response, { compress: gzip(), headers: { 'X-Own': 'yes' } })
    for (let n = 1; n <= 500; n++) stream.send('note', { n })
    stream.close()
  })
  const port = await listen(server)
  const { headers, last } = await read(port)
  expect(headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding', 'x-own': 'yes' })
  expect(last).toBe('{"n":500}')
  const head = await fetch(`http://127.0.0.1:${port}/`, { method: 'HEAD' })
  expect([head.headers.get('content-encoding'), head.headers.get('vary')]).toEqual([null, 'Accept-Encoding'])
})
