// A client that leaves is noticed on every path, once, and nothing is left of it.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createStream, type EventWriter } from '../../src/server/node/index.ts'
import type { CloseInfo } from '../../src/server/stream/types.ts'
import { deferred } from '../server/deferred.ts'
import { listen } from './listen.ts'
import { RawClient } from './raw-client.ts'

type Events = { message: string }

/** Serves with a handler that responds with a stream; resolves to how the first one closed. */
async function serve(
  handler: (req: IncomingMessage, res: ServerResponse) => EventWriter<Events> | Promise<EventWriter<Events>>,
) {
  const opened = deferred<EventWriter<Events>>()
  const closed = deferred<CloseInfo>()
  const port = await listen(
    createServer(async (req, res) => {
      const stream = await handler(req, res)
      opened.resolve(stream)
      closed.resolve(stream.closed)
    }),
  )
  return { port, opened: opened.promise, closed: closed.promise }
}

async function bodyOf(req: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of req) text += chunk
  return text
}

const POST = ['POST / HTTP/1.1', 'Content-Type: application/json', 'Content-Length: 13']

describe('a client that leaves', () => {
  it.each(['destroys', 'resets', 'half-closes'])('is noticed when it %s the connection', async (how) => {
    const { port, closed } = await serve((req, res) => createStream<Events>(req, res))
    const client = await RawClient.open(port)
    await client.until('heartbeat')
    if (how === 'destroys') client.disconnect()
    else if (how === 'resets') client.socket.resetAndDestroy()
    else client.socket.end()
    expect(await closed).toMatchObject({ reason: 'client', events: 0 })
  })

  it('is noticed when the body of the request was parsed before', async () => {
    const bodies: string[] = []
    const { port, closed } = await serve(async (req, res) => {
      bodies.push(await bodyOf(req))
      return createStream<Events>(req, res)
    })
    const client = await RawClient.open(port, POST, '{"name":"Ann"}'.slice(0, 13))
    await client.until('heartbeat')
    client.disconnect()
    expect(await closed).toMatchObject({ reason: 'client' })
    expect(bodies).toEqual(['{"name":"Ann"'])
  })

  it('is noticed when the body of the request is never read, however large it is', async () => {
    const { port, closed } = await serve((req, res) => createStream<Events>(req, res))
    const lines = ['POST / HTTP/1.1', 'Content-Length: 5000000']
    const client = await RawClient.open(port, lines, 'x'.repeat(5_000_000))
    await client.until('heartbeat')
    client.disconnect()
    expect(await closed).toMatchObject({ reason: 'client' })
  })

  it.each([100, 16_384, 65_536, 65_537])('is noticed when %d bytes of body came and are never read', async (size) => {
    const complete = deferred()
    const { port, closed } = await serve(async (req, res) => {
      // All of it is there, and fills what Node reads ahead.
      while (!req.complete && req.readableLength < req.readableHighWaterMark) await new Promise(setImmediate)
      complete.resolve()
      return createStream<Events>(req, res)
    })
    const client = await RawClient.open(port, ['POST / HTTP/1.1', `Content-Length: ${size}`], 'x'.repeat(size))
    await complete.promise
    await client.until('heartbeat')
    client.disconnect()
    expect(await closed).toMatchObject({ reason: 'client' })
  })

  it('leaves its body to a handler that reads it after the stream was made', async () => {
    const body = deferred<string>()
    const { port, closed } = await serve((req, res) => {
      const stream = createStream<Events>(req, res)
      body.resolve(bodyOf(req))
      return stream
    })
    const client = await RawClient.open(port, POST, '{"name":"Ann"}'.slice(0, 13))
    expect(await body.promise).toBe('{"name":"Ann"')
    client.disconnect()
    expect(await closed).toMatchObject({ reason: 'client' })
  })

  it('is noticed when it left before the stream was made', async () => {
    const arrived = deferred()
    const { port, opened, closed } = await serve(async (req, res) => {
      arrived.resolve()
      await new Promise((resolve) => res.once('close', resolve))
      return createStream<Events>(req, res)
    })
    const client = await RawClient.open(port)
    await arrived.promise
    client.disconnect()
    const stream = await opened
    expect(stream.send('message', 'to nobody')).toBe(false)
    expect(stream.signal.aborted).toBe(true)
    expect(await closed).toMatchObject({ reason: 'client', bytes: 0 })
  })

  it('is noticed when it leaves in the tick in which it is sent to', async () => {
    const { port, opened, closed } = await serve((req, res) => createStream<Events>(req, res))
    const client = await RawClient.open(port)
    const stream = await opened
    await client.until('heartbeat')
    client.disconnect()
    stream.send('message', 'hi')
    expect(await closed).toMatchObject({ reason: 'client' })
    expect(stream.send('message', 'hi')).toBe(false)
  })

  it('is noticed while it is stalled, by those who wait for it', async () => {
    const { port, opened, closed } = await serve((req, res) => createStream<Events>(req, res, { maxBuffer: 10_000 }))
    const client = await RawClient.open(port)
    await client.until('heartbeat')
    client.socket.pause()
    const stream = await opened
    expect(stream.send('message', 'x'.repeat(20_000_000))).toBe(false)
    const ready = stream.ready()
    client.disconnect()
    expect(await ready).toBe(false)
    expect(await closed).toMatchObject({ reason: 'client' })
  })

  it('returns the source that is piped to it', async () => {
    const returned = deferred()
    const { port, closed } = await serve((req, res) => {
      const stream = createStream<Events>(req, res)
      stream.pipe(
        (function* () {
          try {
            for (;;) yield { type: 'message' as const, data: 'x'.repeat(1000) }
          } finally {
            returned.resolve()
          }
        })(),
      )
      return stream
    })
    const client = await RawClient.open(port)
    await client.until('data')
    client.disconnect()
    await returned.promise
    expect(await closed).toMatchObject({ reason: 'client' })
  })

  it('has left when the handler itself ends the response', async () => {
    const { port, closed } = await serve((req, res) => {
      const stream = createStream<Events>(req, res)
      res.end()
      stream.send('message', 'too late')
      return stream
    })
    const client = await RawClient.open(port)
    await client.end()
    expect(await closed).toMatchObject({ reason: 'client' })
  })
})

describe('a stream that has closed', () => {
  it('has no listener that would keep it, on the signal or the response', async () => {
    const { signal } = new AbortController()
    let added = 0
    const { addEventListener, removeEventListener } = signal
    signal.addEventListener = (...values: unknown[]) => {
      added++
      return Reflect.apply(addEventListener, signal, values)
    }
    signal.removeEventListener = (...values: unknown[]) => {
      added--
      return Reflect.apply(removeEventListener, signal, values)
    }
    const { port, closed } = await serve((req, res) => createStream<Events>(req, res, { signal }))
    const client = await RawClient.open(port)
    await client.until('heartbeat')
    expect(added).toBe(1)
    client.disconnect()
    await closed
    expect(added).toBe(0)
  })

  it('cuts a client off that does not take the last bytes', async () => {
    const cut = deferred<void>()
    const { port, opened } = await serve((req, res) => {
      res.once('close', () => cut.resolve())
      return createStream<Events>(req, res, { stallTimeout: 100, maxBuffer: 50_000_000 })
    })
    const client = await RawClient.open(port)
    await client.until('heartbeat')
    client.socket.pause()
    const stream = await opened
    stream.send('message', 'x'.repeat(20_000_000))
    stream.close()
    expect((await stream.closed).reason).toBe('server')
    await cut.promise
    client.socket.resume()
    await client.end()
    expect(client.text.endsWith('0\r\n\r\n')).toBe(false)
  })

  it('cuts a stalled client off', async () => {
    const { port, opened, closed } = await serve((req, res) =>
      createStream<Events>(req, res, { stallTimeout: 100, maxBuffer: 50_000_000 }),
    )
    const client = await RawClient.open(port)
    await client.until('heartbeat')
    client.socket.pause()
    const stream = await opened
    stream.send('message', 'x'.repeat(20_000_000))
    expect(await closed).toMatchObject({ reason: 'stalled', events: 1 })
    client.disconnect()
  })

  // On a clock of its own: a busy machine would stall the client itself.
  it('spares a client that takes one large event in twice the time of a stall', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    onTestFinished(() => void vi.useRealTimers())
    const { port, opened, closed } = await serve((req, res) =>
      createStream<Events>(req, res, { stallTimeout: 1500, maxBuffer: 50_000_000 }),
    )
    const client = await RawClient.open(port)
    await client.until('heartbeat')
    client.socket.pause()
    const stream = await opened
    stream.send('message', 'x'.repeat(20_000_000))
    for (let wanted = 1_000_000; wanted < 20_000_000; wanted += 1_000_000) {
      client.socket.resume()
      while (client.text.length < wanted && !client.ended) await new Promise(setImmediate)
      client.socket.pause()
      vi.advanceTimersByTime(180)
    }
    client.socket.resume()
    await client.until('x"\n\n')
    client.disconnect()
    expect(await closed).toMatchObject({ reason: 'client' })
  })
})
