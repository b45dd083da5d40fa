// On node:http and node:https the head and the first bytes leave at once, and what was sent arrives as it was sent.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createSecureServer, get } from 'node:https'
import { describe, expect, it, vi } from 'vitest'
import { createChannel } from '../../src/server/index.ts'
import { createStream, type EventWriter, type StreamOptions } from '../../src/server/node/index.ts'
import { cert, key } from './certificate.ts'
import { listen } from './listen.ts'
import { RawClient } from './raw-client.ts'

type Events = { message: string }
type Handler = (stream: EventWriter<Events>, req: IncomingMessage, res: ServerResponse) => void

function serve(handler: Handler, options?: StreamOptions<Events>): Promise<number> {
  return listen(createServer((req, res) => handler(createStream<Events>(req, res, options), req, res)))
}

/** Where a stream ends up, for the test to look at. */
function streams() {
  let resolve!: (stream: EventWriter<Events>) => void
  const first = new Promise<EventWriter<Events>>((settle) => {
    resolve = settle
  })
  return { first, add: resolve }
}

describe('the answer', () => {
  it('has its head and first bytes out before anything is sent', async () => {
    const port = await serve(() => {})
    const client = await RawClient.open(port)
    const [head, body] = (await client.until('15000\n\r\n')).split('\r\n\r\n')
    const lines = head!.split('\r\n').filter((line) => !line.startsWith('Date: '))
    expect(lines).toEqual([
      'HTTP/1.1 200 OK',
      'Content-Type: text/event-stream; charset=utf-8',
      'Cache-Control: no-cache, no-transform',
      'X-Accel-Buffering: no',
      'Incremental: ?1',
      'Connection: close',
      'Transfer-Encoding: chunked',
    ])
    expect(body).toBe('12\r\n: heartbeat=15000\n\r\n')
    client.disconnect()
  })

  it.each<[StreamOptions<Events>, unknown[][]]>([
    [{}, []],
    [{ heartbeat: false }, [[true, 15_000]]],
  ])('has the kernel ask after a client only when no heartbeat does, with %j', async (options, calls) => {
    const { first, add } = streams()
    const asked: unknown[][] = []
    const server = createServer((req, res) => {
      vi.spyOn(req.socket, 'setKeepAlive').mockImplementation((...given) => {
        asked.push(given)
        return req.socket
      })
      add(createStream<Events>(req, res, options))
    })
    const client = await RawClient.open(await listen(server))
    await first
    expect(asked).toEqual(calls)
    client.disconnect()
  })

  it('carries the events of one tick in one write', async () => {
    const { first, add } = streams()
    const port = await serve(add)
    const client = await RawClient.open(port)
    const stream = await first
    await client.until('15000\n\r\n')
    client.text = ''
    stream.send('message', 'a')
    stream.send('message', 'b')
    expect(await client.until('"b"')).toBe('16\r\ndata: "a"\n\ndata: "b"\n\n\r\n')
    client.disconnect()
  })

  it('adds the headers of the user to those that were set before', async () => {
    const headers: [string, string][] = [
      ['Access-Control-Allow-Origin', '*'],
      ['cache-control', 'no-store'],
      ['Set-Cookie', 'b=2'],
      ['Set-Cookie', 'c=3'],
    ]
    const port = await listen(
      createServer((req, res) => {
        res.setHeader('Set-Cookie', 'a=1')
        res.setHeader('Content-Length', '5')
        createStream(req, res, { headers }).close()
      }),
    )
    const response = await fetch(`http://127.0.0.1:${port}`)
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('content-length')).toBe(null)
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2', 'c=3'])
    expect(await response.text()).toBe(': heartbeat=15000\n')
  })

  it('adds headers as Node collects them: numbers, lists, and members that are undefined', async () => {
    const port = await listen(
      createServer((req, res) => {
        res.setHeader('X-Limit', 5)
        res.setHeader('Vary', ['Origin', 'Accept'])
        res.setHeader('Set-Cookie', ['a=1', 'b=2'])
        const headers = { ...res.getHeaders(), 'x-none': undefined }
        res.removeHeader('Set-Cookie')
        createStream(req, res, { headers }).close()
      }),
    )
    const { headers } = await fetch(`http://127.0.0.1:${port}`)
    expect([headers.get('x-limit'), headers.get('vary'), headers.get('x-none')]).toEqual(['5', 'Origin,Accept', null])
    expect(headers.getSetCookie()).toEqual(['a=1', 'b=2'])
  })

  it('ends properly, and the connection with it', async () => {
    const port = await serve((stream) => {
      stream.send('message', 'last')
      stream.close()
    })
    const client = await RawClient.open(port)
    expect(await client.end()).toMatch(/data: "last"\n\n\r\n0\r\n\r\n$/)
  })

  it('carries 5 MB in one event', async () => {
    const data = 'x'.repeat(5_000_000)
    const port = await serve((stream) => {
      stream.send('message', data)
      stream.close()
    })
    const text = await (await fetch(`http://127.0.0.1:${port}`)).text()
    expect(text === `: heartbeat=15000\ndata: "${data}"\n\n`).toBe(true)
  })

  it('comes over a connection that was kept alive, and ends that', async () => {
    const { first, add } = streams()
    const port = await listen(
      createServer((req, res) => {
        if (req.url === '/plain') res.end('plain')
        else add(createStream<Events>(req, res))
      }),
    )
    const client = await RawClient.open(port, ['GET /plain HTTP/1.1'])
    await client.until('plain')
    client.socket.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
    await client.until(': heartbeat=15000\n')
    const stream = await first
    stream.send('message', 'last')
    stream.close()
    expect(await client.end()).toMatch(/data: "last"\n\n\r\n0\r\n\r\n$/)
  })

  it('works for an HTTP/1.0 client, as a proxy may be', async () => {
    const port = await serve((stream) => {
      stream.send('message', 'hi')
      stream.close()
    })
    const client = await RawClient.open(port, ['GET / HTTP/1.0'])
    expect(await client.end()).toMatch(/\r\n\r\n: heartbeat=15000\ndata: "hi"\n\n$/)
  })

  it('comes over TLS', async () => {
    const server = createSecureServer({ cert, key }, (req, res) => {
      const stream = createStream<Events>(req, res)
      stream.send('message', 'secret')
      stream.close()
    })
    const port = await listen(server)
    const text = await new Promise<string>((resolve, reject) => {
      get({ port, host: '127.0.0.1', ca: cert }, (res) => {
        let body = ''
        res.on('data', (chunk) => {
          body += chunk
        })
        res.on('end', () => resolve(body))
      }).on('error', reject)
    })
    expect(text).toBe(': heartbeat=15000\ndata: "secret"\n\n')
  })

  it('is pushed through middleware that holds writes until they are flushed', async () => {
    const port = await listen(
      createServer((req, res) => {
        let held: (() => void)[] = []
        const { write } = res
        Object.assign(res, {
          write: (chunk: Uint8Array) => held.push(() => write.call(res, chunk, 'utf8')) > 0,
          flush() {
            for (const release of held) release()
            held = []
          },
        })
        createStream<Events>(req, res).send('message', 'through')
      }),
    )
    const client = await RawClient.open(port)
    await client.until('data: "through"\n\n')
    client.disconnect()
  })
})

describe('the last event id', () => {
  it.each([
    ['a header', ['GET / HTTP/1.1', 'Last-Event-ID: a.1'], 'a.1'],
    ['a query', ['GET /?lastEventId=a.2 HTTP/1.1'], 'a.2'],
    ['a header in UTF-8', ['GET / HTTP/1.1', 'Last-Event-ID: \u00e6\u0097\u00a5'], '日'],
    ['nothing', ['GET / HTTP/1.1'], ''],
    ['a hostile path', ['GET //?lastEventId=%E0%A4%A HTTP/1.1'], '\uFFFD%A'],
  ])('is read from %s', async (_, lines, id) => {
    const { first, add } = streams()
    const port = await serve(add)
    const client = await RawClient.open(port, lines)
    expect((await first).lastEventId).toBe(id)
    client.disconnect()
  })
})

describe('a stream that never begins', () => {
  it('answers the terminal id with a 204 that nobody caches', async () => {
    const { first, add } = streams()
    const port = await serve(add, { headers: { 'Access-Control-Allow-Origin': '*' } })
    const response = await fetch(`http://127.0.0.1:${port}`, { headers: { 'Last-Event-ID': 'sse:end' } })
    expect(response.status).toBe(204)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(response.headers.get('content-type')).toBe(null)
    expect(await (await first).closed).toMatchObject({ reason: 'final' })
  })

  it('gives a HEAD request the head and no body', async () => {
    const { first, add } = streams()
    const port = await serve(add)
    const response = await fetch(`http://127.0.0.1:${port}`, { method: 'HEAD' })
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(await (await first).closed).toMatchObject({ reason: 'server', bytes: 0 })
  })

  it('ends at once when the signal given has aborted', async () => {
    const port = await serve(() => {}, { signal: AbortSignal.abort() })
    expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('')
  })
})

describe('a hostile last event id', () => {
  it('of 1 MB is refused by Node itself, and the server goes on', async () => {
    const port = await serve((stream) => stream.close())
    const hostile = await RawClient.open(port, ['GET / HTTP/1.1', `Last-Event-ID: ${'x'.repeat(1_000_000)}`])
    expect(await hostile.end()).toMatch(/^HTTP\/1\.1 431 /)
    expect((await fetch(`http://127.0.0.1:${port}`)).status).toBe(200)
  })

  const long = '日'.repeat(3_000)
  const inHeader = ['GET / HTTP/1.1', `Last-Event-ID: ${Buffer.from(long).toString('latin1')}`]
  const inQuery = [`GET /?lastEventId=${encodeURIComponent(long.slice(0, 1_500))} HTTP/1.1`]

  it.each([
    ['header', inHeader, long],
    ['query', inQuery, long.slice(0, 1_500)],
  ])('of more than 4,096 bytes in the %s reaches a stream whole', async (_, lines, id) => {
    const { first, add } = streams()
    const client = await RawClient.open(await serve(add), lines)
    expect((await first).lastEventId).toBe(id)
    client.disconnect()
  })

  it.each([
    ['header', inHeader],
    ['query', inQuery],
    ['header, though it begins like a cursor', ['GET / HTTP/1.1', `Last-Event-ID: a.1${'0'.repeat(5_000)}`]],
  ])('of more than 4,096 bytes in the %s is reported to a client of a channel as a gap', async (_, lines) => {
    const channel = createChannel<Events>()
    const port = await serve((stream) => channel.subscribe(stream))
    const client = await RawClient.open(port, lines)
    expect(await client.until('sse:gap')).toContain('{"reason":"malformed",')
    client.disconnect()
  })

  it('with a control character is refused by Node itself', async () => {
    const port = await serve((stream) => stream.close())
    const hostile = await RawClient.open(port, ['GET / HTTP/1.1', 'Last-Event-ID: a\0b'])
    expect(await hostile.end()).toMatch(/^HTTP\/1\.1 400 /)
  })
})
