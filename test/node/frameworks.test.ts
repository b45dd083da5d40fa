// The objects of Express, Koa and Fastify are taken as they are: the framework leaves the response alone, and what its hooks
// and middleware have set or wrapped stays.
import { createServer, get, type IncomingMessage, type RequestListener } from 'node:http'
import { connect } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { createGunzip } from 'node:zlib'
import cors from '@fastify/cors'
import compression from 'compression'
import express from 'express'
import Fastify, { type FastifyInstance } from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type EventwireError, isEventwireError } from '../../src/index.ts'
import { createChannel, createStream as createFetchStream } from '../../src/server/index.ts'
import { createStream, respond } from '../../src/server/node/index.ts'
import { deferred } from '../server/deferred.ts'
import { listen } from './listen.ts'
import { RawClient } from './raw-client.ts'
import { readHttp2 } from './read-http2.ts'

type Events = { note: string }

/** A channel with one event in its history. */
function channelOf(note: string, headers: Record<string, string> = {}) {
  const channel = createChannel<Events>({ stream: { heartbeat: 5_000, headers } })
  channel.publish('note', note)
  return channel
}

/** A Fastify app on a free port, which logs nothing as a warning or worse. */
async function fastify(prepare: (app: FastifyInstance) => unknown, expected: readonly string[] = []): Promise<number> {
  const logged: string[] = []
  const write = (line: string) => logged.push(JSON.parse(line).err?.code ?? line)
  const app = Fastify({ logger: { level: 'warn', stream: { write } } })
  await prepare(app)
  await app.listen({ port: 0, host: '127.0.0.1' })
  onTestFinished(async () => {
    app.server.closeAllConnections()
    await app.close()
    expect(logged).toEqual(expected)
  })
  return (app.server.address() as AddressInfo).port
}

const channel = channelOf('hello')
const fromStart = { from: 'start' } as const

/** Each way to open a stream in a framework. */
const ways: Record<string, () => Promise<number>> = {
  'Express, respond': () =>
    listen(createServer(express().get('/', (req, res) => void respond(channel, req, res, fromStart)))),
  'Express, createStream': () =>
    listen(
      createServer(express().get('/', (req, res) => void channel.subscribe(createStream<Events>(req, res), fromStart))),
    ),
  'Koa, its request and response': () =>
    listen(createServer(koa((ctx) => void respond(channel, ctx.request, ctx.response, fromStart)))),
  'Koa, its context': () => listen(createServer(koa((ctx) => void respond(channel, ctx, ctx, fromStart)))),
  "Koa, Node's objects": () =>
    listen(
      createServer(
        koa((ctx) => {
          ctx.respond = false
          respond(channel, ctx.req, ctx.res, fromStart)
        }),
      ),
    ),
  'Fastify, in a function': () =>
    fastify((app) =>
      app.get('/', (request, reply) => {
        respond(channel, request, reply, fromStart)
      }),
    ),
  'Fastify, in an asynchronous function': () =>
    fastify((app) =>
      app.get('/', async (request, reply) => {
        await Promise.resolve()
        respond(channel, request, reply, fromStart)
      }),
    ),
  'Fastify, createStream': () =>
    fastify((app) =>
      app.get('/', (request, reply) => {
        channel.subscribe(createStream<Events>(request, reply), fromStart)
      }),
    ),
  "Fastify, hijacked before, with Node's objects": () =>
    fastify((app) =>
      app.get('/', (request, reply) => {
        reply.hijack()
        respond(channel, request.raw, reply.raw, fromStart)
      }),
    ),
  'Fastify, hijacked before': () =>
    fastify((app) =>
      app.get('/', (request, reply) => {
        respond(channel, request, reply.hijack(), fromStart)
      }),
    ),
}

function koa(handle: (ctx: Koa.ParameterizedContext) => void): RequestListener {
  return new Koa({ env: 'test' }).use((ctx) => handle(ctx)).callback()
}

describe.each(Object.entries(ways))('in %s', (_, start) => {
  it('a stream stays open, brings events as they come, and notices that the client has left', async () => {
    const client = await RawClient.open(await start())
    const wire = await client.until('data: "hello"\n\n')
    expect(wire).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(wire).toMatch(/^content-type: text\/event-stream; charset=utf-8\r$/im)
    expect(channel.size).toBe(1)
    const [stream] = channel
    stream!.send('note', 'later')
    await client.until('data: "later"\n\n')
    client.disconnect()
    expect(await stream!.closed).toMatchObject({ reason: 'client' })
  })

  it('the terminal id is answered with 204', async () => {
    const response = await fetch(`http://127.0.0.1:${await start()}`, { headers: { 'Last-Event-ID': 'sse:end' } })
    expect(response.status).toBe(204)
    expect(await response.text()).toBe('')
  })
})

describe('Fastify', () => {
  it('keeps the headers that its hooks have set, but not those that frame a body', async () => {
    const port = await fastify(async (app) => {
      await app.register(cors, { origin: 'https://app.example', credentials: true, exposedHeaders: ['X-Limit'] })
      app.addHook('onRequest', async (_, reply) => {
        reply.header('Set-Cookie', ['a=1', 'b=2']).header('X-Limit', 5).header('Cache-Control', 'public')
        reply.header('Content-Type', 'text/html').header('Content-Length', 5)
      })
      app.get('/', (request, reply) => {
        respond(channelOf('hello', { 'Set-Cookie': 'c=3' }), request, reply)
      })
    })
    const abort = new AbortController()
    const { headers } = await fetch(`http://127.0.0.1:${port}`, { signal: abort.signal })
    abort.abort()
    expect(headers.get('access-control-allow-origin')).toBe('https://app.example')
    expect(headers.get('access-control-allow-credentials')).toBe('true')
    expect(headers.get('x-limit')).toBe('5')
    expect(headers.getSetCookie()).toEqual(['a=1', 'b=2', 'c=3'])
    expect(headers.get('cache-control')).toBe('no-cache, no-transform')
    expect(headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(headers.get('content-length')).toBe(null)
  })

  it('answers itself when an option is refused', async () => {
    const port = await fastify(
      (app) =>
        app.get('/', (request, reply) => {
          respond(channel, request, reply, { topics: 'a' as never })
        }),
      ['invalid-option'],
    )
    const response = await fetch(`http://127.0.0.1:${port}`)
    expect(response.status).toBe(500)
    expect(await response.json()).toMatchObject({ code: 'invalid-option', statusCode: 500 })
  })

  it('serves over HTTP/2, with the headers of its hooks', async () => {
    const app = Fastify({ http2: true })
    await app.register(cors, { origin: 'https://app.example' })
    app.get('/', (request, reply) => {
      respond(channel, request, reply, fromStart)
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
    const session = connect(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}`)
    onTestFinished(async () => {
      session.destroy()
      await app.close()
    })
    const { head, wire } = await readHttp2(session, 'data: "hello"\n\n')
    expect(wire).toContain('data: "hello"\n\n')
    expect(head).toMatchObject({
      ':status': 200,
      'access-control-allow-origin': 'https://app.example',
      'content-type': 'text/event-stream; charset=utf-8',
    })
    expect(head).not.toHaveProperty('connection')
  })

  it('takes the headers of a reply as an option, too', async () => {
    const port = await fastify((app) =>
      app.get('/', (request, reply) => {
        reply.header('X-Limit', 5).header('Vary', ['Origin', 'Accept']).hijack()
        createStream(request.raw, reply.raw, { headers: reply.getHeaders() }).close()
      }),
    )
    const { headers } = await fetch(`http://127.0.0.1:${port}`)
    expect([headers.get('x-limit'), headers.get('vary')]).toEqual(['5', 'Origin,Accept'])
  })
})

describe('compression for Express', () => {
  it('lets a stream alone, which says no-transform', async () => {
    const app = express().use(compression({ threshold: 0 }))
    app.get('/', (req, res) => void respond(channel, req, res, fromStart))
    const client = await RawClient.open(await listen(createServer(app)), ['GET / HTTP/1.1', 'Accept-Encoding: gzip'])
    expect(await client.until('data: "hello"\n\n')).not.toMatch(/content-encoding/i)
    client.disconnect()
  })

  it('is flushed with each write where the headers let it compress', async () => {
    const app = express().use(compression({ threshold: 0 }))
    const compressed = channelOf('hello', { 'Cache-Control': 'no-cache' })
    app.get('/', (req, res) => void respond(compressed, req, res, fromStart))
    const abort = new AbortController()
    onTestFinished(() => abort.abort())
    const port = await listen(createServer(app))
    const answer = deferred<IncomingMessage>()
    get({ port, host: '127.0.0.1', headers: { 'Accept-Encoding': 'gzip' }, signal: abort.signal }, answer.resolve)
    const response = await answer.promise
    expect(response.headers['content-encoding']).toBe('gzip')
    let wire = ''
    for await (const chunk of response
      .on('error', () => {})
      .pipe(createGunzip())
      .setEncoding('utf8')) {
      wire += chunk
      if (wire.includes('data: "hello"\n\n')) compressed.publish('note', 'later')
      if (wire.includes('data: "later"\n\n')) break
    }
    expect(wire).toMatch(/^: heartbeat=5000\n/)
  })
})

describe('an argument that is not a request or response of a Node server', () => {
  const refusal = (act: () => unknown): string => {
    try {
      act()
    } catch (error) {
      if (isEventwireError(error)) return `${(error as EventwireError).code}: ${error.message}`
      throw error
    }
    return 'nothing was refused'
  }
  const request = new Request('http://127.0.0.1/')
  const req = { headers: {} }
  const HINT =
    'give the request of a Node server; for a Fetch Request, as c.req.raw in Hono, use createStream() of eventwire/server or channel.response()'

  it('is refused with the expression that is right', () => {
    const res = { writeHead: vi.fn() } as never
    expect(refusal(() => createStream(request as never, res))).toBe(`invalid-option: req is [object Request]; ${HINT}`)
    expect(refusal(() => respond(channel, { raw: request } as never, res))).toBe(
      `invalid-option: req is [object Object]; ${HINT}`,
    )
    expect(refusal(() => createStream(undefined as never, res))).toBe(`invalid-option: req is undefined; ${HINT}`)
    for (const wrong of [undefined, {}, { raw: {} }, express(), new Response()]) {
      expect(refusal(() => createStream(req, wrong as never))).toMatch(
        /^invalid-option: res is [\s\S]*; give the response of a Node server: res in Express, reply in Fastify, ctx.response in Koa$/,
      )
    }
  })

  it("is refused with it when it is Hono's context or request", async () => {
    const seen: string[] = []
    const app = new Hono().get('/', (c) => {
      for (const given of [c, c.req]) {
        seen.push(refusal(() => createStream(given as never, c as never)))
        seen.push(refusal(() => createFetchStream(given as never)))
        seen.push(refusal(() => channel.response(given as never)))
      }
      return channel.response(c.req.raw)
    })
    const response = await app.request('/')
    expect(response.status).toBe(200)
    await response.body!.cancel()
    const fetchHint = 'give a Fetch Request, in Hono c.req.raw; for node:http import createStream from eventwire/node'
    const hints = [`req is [object Object]; ${HINT}`, ...Array(2).fill(`request is [object Object]; ${fetchHint}`)]
    expect(seen).toEqual([...hints, ...hints].map((hint) => `invalid-option: ${hint}`))
  })
})
