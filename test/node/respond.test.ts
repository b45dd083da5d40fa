// respond() is channel.response() for Node's responses: the channel's stream options and events, and the reader's options.
import { getEventListeners } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect, createServer as createHttp2Server } from 'node:http2'
import { describe, expect, it, onTestFinished } from 'vitest'
import { defineEvents, isEventwireError, text } from '../../src/index.ts'
import { type Channel, createChannel, type ReaderOptions } from '../../src/server/index.ts'
import { createStream, type EventWriter, respond } from '../../src/server/node/index.ts'
import { deferred } from '../server/deferred.ts'
import { listen } from './listen.ts'
import { RawClient } from './raw-client.ts'
import { readHttp2 } from './read-http2.ts'

type Events = { note: string }

/** A channel at a port; `opened` resolves to the writer of the first client. */
async function serve<Map extends object>(channel: Channel<Map>, options?: ReaderOptions<Map>) {
  const opened = deferred<EventWriter<Map>>()
  const handler = (req: IncomingMessage, res: ServerResponse) => opened.resolve(respond(channel, req, res, options))
  return { port: await listen(createServer(handler)), opened: opened.promise }
}

describe('the stream', () => {
  it("has the channel's stream options and events", async () => {
    const channel = createChannel({
      events: defineEvents({ note: text() }),
      stream: { heartbeat: 5_000, retry: 70, headers: { 'Access-Control-Allow-Origin': '*' } },
    })
    const { port } = await serve(channel, { from: 'start' })
    channel.publish('note', 'as it is')
    const client = await RawClient.open(port)
    const wire = await client.until('as it is\n\n')
    expect(wire).toMatch(/^access-control-allow-origin: \*\r$/m)
    expect(wire).toContain(': heartbeat=5000\nretry: 70\n')
    expect(wire).toMatch(/event: note\nid: \S+\ndata: as it is\n\n/)
    client.disconnect()
  })

  it('reads what the reader options say', async () => {
    const channel = createChannel<Events>()
    channel.publish('note', 'old', { topics: ['a'] })
    const { port } = await serve(channel, {
      topics: ['a'],
      from: 'start',
      filter: ({ data }) => data !== 'unwanted',
      snapshot: (stream) => stream.send('note', 'snapshot'),
    })
    channel.publish('note', 'of another topic', { topics: ['b'] })
    channel.publish('note', 'unwanted', { topics: ['a'] })
    channel.publish('note', 'last', { topics: ['a'] })
    const client = await RawClient.open(port)
    const wire = await client.until('"last"\n\n')
    expect([...wire.matchAll(/data: "(.*)"/g)].map(([, data]) => data)).toEqual(['snapshot', 'old', 'last'])
    client.disconnect()
  })

  it('resumes behind the cursor that the client brings', async () => {
    const channel = createChannel<Events>()
    const cursor = await channel.publish('note', 'seen')
    await channel.publish('note', 'missed')
    const { port } = await serve(channel)
    const client = await RawClient.open(port, ['GET / HTTP/1.1', `Last-Event-ID: ${cursor}`])
    const wire = await client.until('"missed"\n\n')
    expect(wire).not.toContain('"seen"')
    client.disconnect()
  })

  it('is the writer that it returns', async () => {
    const channel = createChannel<Events>()
    const { port, opened } = await serve(channel)
    const client = await RawClient.open(port)
    const stream = await opened
    expect([...channel]).toEqual([stream])
    stream.send('note', 'to this client alone')
    await client.until('"to this client alone"\n\n')
    client.disconnect()
    expect(await stream.closed).toMatchObject({ reason: 'client' })
    expect(channel.size).toBe(0)
  })

  it('comes over HTTP/2', async () => {
    const channel = createChannel<Events>({ stream: { heartbeat: 5_000 } })
    const port = await listen(createHttp2Server((req, res) => void respond(channel, req, res, { from: 'start' })))
    channel.publish('note', 'hello')
    const session = connect(`http://127.0.0.1:${port}`)
    onTestFinished(() => session.destroy())
    const { head, wire } = await readHttp2(session, '"hello"\n\n')
    expect(wire).toMatch(/^: heartbeat=5000\n/)
    expect(head).toMatchObject({ ':status': 200, incremental: '?1' })
    expect(head).not.toHaveProperty('connection')
  })
})

describe('a stream that never begins', () => {
  it('responds with 204 to the terminal id', async () => {
    const { port, opened } = await serve(createChannel<Events>())
    const response = await fetch(`http://127.0.0.1:${port}`, { headers: { 'Last-Event-ID': 'sse:end' } })
    expect(response.status).toBe(204)
    expect(await (await opened).closed).toMatchObject({ reason: 'final' })
  })

  it('receives a reconnection time when the channel has closed', async () => {
    const channel = createChannel<Events>()
    await channel.close()
    const { port } = await serve(channel)
    const client = await RawClient.open(port)
    expect(await client.end()).toMatch(/: heartbeat=15000\n[\s\S]*retry: \d+\n\n[\s\S]*0\r\n\r\n$/)
  })

  it('is closed as client when the client has left, whatever was sent before', async () => {
    const arrived = deferred()
    const closed = deferred<unknown>()
    const server = createServer(async (req, res) => {
      res.flushHeaders()
      arrived.resolve()
      await new Promise((resolve) => res.once('close', resolve))
      closed.resolve(createStream(req, res, { headers: { 'X-A': 'a' } }).closed)
    })
    const client = await RawClient.open(await listen(server))
    await arrived.promise
    client.disconnect()
    expect(await closed.promise).toMatchObject({ reason: 'client', bytes: 0 })
  })
})

describe('invalid input', () => {
  /** The response to a client whose request was refused with an exception. */
  async function refusal(act: (req: IncomingMessage, res: ServerResponse) => unknown): Promise<string> {
    const server = createServer((req, res) => {
      try {
        act(req, res)
      } catch (error) {
        if (!isEventwireError(error)) throw error
        res.writeHead(500).end(`${error.code}: ${error.message}`)
      }
    })
    const response = await fetch(`http://127.0.0.1:${await listen(server)}`)
    expect(response.status).toBe(500)
    expect(response.headers.get('x-accel-buffering')).toBe(null)
    return response.text()
  }

  it('of the reader is refused before anything is written', async () => {
    const channel = createChannel<Events>({ stream: { headers: { 'X-A': 'a' } } })
    expect(await refusal((req, res) => respond(channel, req, res, { filter: 'x' as never }))).toBe(
      'invalid-option: filter is "x"; give a function',
    )
    expect(channel.size).toBe(0)
  })

  it('of the reader is refused by channel.response() too, before a stream opens', () => {
    const { signal } = new AbortController()
    const channel = createChannel<Events>({ stream: { signal } })
    const request = new Request('http://127.0.0.1/')
    expect(() => channel.response(request, { from: 7 as never })).toThrow(
      "from is 7; give 'now', 'start', 'latest' or a cursor",
    )
    // An open stream listens to the signal of its options.
    expect(getEventListeners(signal, 'abort')).toEqual([])
    void channel.response(request)
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
  })

  it('of the stream is refused before anything is written', async () => {
    const channel = createChannel<Events>({ stream: { headers: { 'X-A': 'a', 'X-B': 'b\nc' } } })
    expect(await refusal((req, res) => respond(channel, req, res))).toBe(
      'invalid-option: headers has "X-B" with a name or value that HTTP does not allow',
    )
  })

  it.each([undefined, {}, createServer])('as a channel is refused: %s', async (channel) => {
    expect(await refusal((req, res) => respond(channel as never, req, res))).toMatch(
      /^invalid-option: channel is [\s\S]+; give a channel made by createChannel\(\), or runs made by createRuns\(\)$/,
    )
  })
})
