// On node:http2 a stream is a stream of the session: no header speaks of the connection, and leaving is a reset.
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  createSecureServer,
  createServer,
  type Http2Server,
} from 'node:http2'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createStream, type EventWriter } from '../../src/server/node/index.ts'
import { deferred } from '../server/deferred.ts'
import { cert, key } from './certificate.ts'
import { listen } from './listen.ts'

type Events = { message: string }

async function open(server: Http2Server, scheme = 'http'): Promise<ClientHttp2Session> {
  const port = await listen(server)
  const session = connect(`${scheme}://127.0.0.1:${port}`, { ca: cert })
  onTestFinished(() => session.destroy())
  return session
}

/** Reads until the text is there. */
function until(stream: ClientHttp2Stream, wanted: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    stream.on('data', (chunk) => {
      text += chunk
      if (text.includes(wanted)) resolve(text)
    })
    stream.on('end', () => reject(new Error(`the answer ended without ${wanted}: ${text}`)))
    stream.on('error', reject)
  })
}

function headersOf(stream: ClientHttp2Stream): Promise<Record<string, unknown>> {
  return new Promise((resolve) => stream.once('response', (headers) => resolve({ ...headers })))
}

describe('a stream on http2', () => {
  it.each(['http', 'https'])('sends as on HTTP/1, without a warning (%s)', async (scheme) => {
    const warned = vi.fn()
    process.on('warning', warned)
    onTestFinished(() => void process.off('warning', warned))
    let stream!: EventWriter<Events>
    const server = scheme === 'http' ? createServer() : createSecureServer({ cert, key })
    server.on('request', (req, res) => {
      stream = createStream<Events>(req, res)
      stream.send('message', 'a')
      stream.send('message', 'b')
    })
    const session = await open(server as Http2Server, scheme)
    const request = session.request({ ':path': '/?lastEventId=x.1' })
    const headers = headersOf(request)
    expect(await until(request, '"b"')).toBe(': heartbeat=15000\ndata: "a"\n\ndata: "b"\n\n')
    expect(await headers).toMatchObject({ ':status': 200, 'content-type': 'text/event-stream; charset=utf-8' })
    expect(await headers).not.toHaveProperty('connection')
    expect(stream.lastEventId).toBe('x.1')
    await new Promise(setImmediate)
    expect(warned.mock.calls).toEqual([])
  })

  it('ends properly, and the session goes on', async () => {
    const session = await open(
      createServer((req, res) => {
        const stream = createStream<Events>(req, res)
        stream.send('message', 'last')
        stream.close()
      }),
    )
    for (let count = 0; count < 3; count++) {
      const request = session.request({ ':path': '/' })
      await until(request, '"last"')
      await new Promise((resolve) => request.once('close', resolve))
      expect(request.rstCode).toBe(0)
    }
  })

  it.each(['GET', 'POST'])('notices a client that resets it (%s)', async (method) => {
    const closed = deferred<unknown>()
    const session = await open(
      createServer((req, res) => {
        closed.resolve(createStream<Events>(req, res).closed)
      }),
    )
    const request = session.request({ ':path': '/', ':method': method })
    if (method === 'POST') request.write('a body that goes on')
    await until(request, 'heartbeat')
    request.close(8)
    expect(await closed.promise).toMatchObject({ reason: 'client' })
  })

  it('is closed from birth when the client has reset it before', async () => {
    const arrived = deferred()
    const opened = deferred<EventWriter<Events>>()
    const session = await open(
      createServer(async (req, res) => {
        arrived.resolve()
        await new Promise((resolve) => req.stream.once('close', resolve))
        opened.resolve(createStream<Events>(req, res))
      }),
    )
    const request = session.request({ ':path': '/' })
    request.on('error', () => {})
    await arrived.promise
    request.close(8)
    const stream = await opened.promise
    expect(stream.send('message', 'to nobody')).toBe(false)
    expect(await stream.closed).toMatchObject({ reason: 'client', bytes: 0 })
  })

  it('notices a session that is lost', async () => {
    const closed = deferred<unknown>()
    const session = await open(
      createServer((req, res) => {
        closed.resolve(createStream<Events>(req, res).closed)
      }),
    )
    session.on('error', () => {})
    const request = session.request({ ':path': '/' })
    request.on('error', () => {})
    await until(request, 'heartbeat')
    session.socket.destroy()
    expect(await closed.promise).toMatchObject({ reason: 'client' })
  })

  it('is reset when it is sent to again while full, and waits for room otherwise', async () => {
    const opened = deferred<EventWriter<Events>>()
    const session = await open(
      createServer((req, res) => opened.resolve(createStream<Events>(req, res, { maxBuffer: 100_000 }))),
    )
    const request = session.request({ ':path': '/' })
    await until(request, 'heartbeat')
    request.pause()
    const stream = await opened.promise
    let sent = 0
    while (stream.send('message', 'x'.repeat(10_000)) && sent < 1000) {
      sent++
      await new Promise(setImmediate)
    }
    expect(sent).toBeLessThan(1000)
    const ready = stream.ready()
    request.resume()
    expect(await ready).toBe(true)
    request.pause()
    sent = 0
    while (stream.send('message', 'x'.repeat(10_000)) && sent < 1000) {
      sent++
      await new Promise(setImmediate)
    }
    expect(stream.send('message', 'again')).toBe(false)
    expect(await stream.closed).toMatchObject({ reason: 'overflow' })
    request.on('error', () => {})
    request.resume()
    await new Promise((resolve) => request.once('close', resolve))
    expect(request.rstCode).toBe(8)
  })

  // On a clock of its own: a busy machine would stall the client itself.
  it('spares a client that takes one large event in twice the time of a stall, and reports when it has', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    onTestFinished(() => void vi.useRealTimers())
    const opened = deferred<EventWriter<Events>>()
    const session = await open(
      createServer((req, res) => {
        opened.resolve(createStream<Events>(req, res, { stallTimeout: 1500, maxBuffer: 100_000 }))
      }),
    )
    const request = session.request({ ':path': '/' })
    await until(request, 'heartbeat')
    const stream = await opened.promise
    expect(stream.send('message', 'x'.repeat(3_000_000))).toBe(false)
    let read = 0
    let wanted = 150_000
    let passed = 0
    request.on('data', (chunk) => {
      read += chunk.length
      if (read < wanted) return
      wanted += 150_000
      request.pause()
      passed += 180
      setImmediate(() => {
        vi.advanceTimersByTime(180)
        request.resume()
      })
    })
    expect(await stream.ready()).toBe(true)
    expect(passed).toBeGreaterThan(2500)
    expect(stream.signal.aborted).toBe(false)
    stream.send('message', 'and the next')
    stream.close()
    await new Promise((resolve) => request.once('end', resolve))
    expect(read).toBe('data: ""\n\n'.length * 2 + 3_000_000 + 'and the next'.length)
  })

  it('is cut off when it takes nothing', async () => {
    const opened = deferred<EventWriter<Events>>()
    const session = await open(
      createServer((req, res) => {
        opened.resolve(createStream<Events>(req, res, { stallTimeout: 200 }))
      }),
    )
    const request = session.request({ ':path': '/' })
    request.on('error', () => {})
    await until(request, 'heartbeat')
    request.pause()
    const stream = await opened.promise
    stream.send('message', 'x'.repeat(3_000_000))
    expect(await stream.closed).toMatchObject({ reason: 'stalled' })
    request.resume()
    await new Promise((resolve) => request.once('close', resolve))
    expect(request.rstCode).toBe(8)
  })
})
