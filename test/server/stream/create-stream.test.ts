// createStream() makes a response that a host can send at once, and knows what the client brought.
import { describe, expect, it } from 'vitest'
import { createStream } from '../../../src/server/index.ts'
import { Reading, requestWith } from '../reading.ts'

describe('the response', () => {
  it('has the headers that keep proxies from holding events back, and none that HTTP/2 forbids', () => {
    const { response } = createStream(requestWith())
    expect(response.status).toBe(200)
    expect([...response.headers]).toEqual([
      ['cache-control', 'no-cache, no-transform'],
      ['content-type', 'text/event-stream; charset=utf-8'],
      ['incremental', '?1'],
      ['x-accel-buffering', 'no'],
    ])
  })

  it('adds the headers of the user, several cookies included', () => {
    const headers = new Headers({ 'Access-Control-Allow-Origin': '*', 'Cache-Control': 'private' })
    headers.append('Set-Cookie', 'a=1')
    headers.append('Set-Cookie', 'b=2')
    const { response } = createStream(requestWith(), { headers })
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(response.headers.get('cache-control')).toBe('private')
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
  })

  it('adds headers as Node and frameworks collect them: numbers, lists, and members that are undefined', () => {
    const headers = { 'x-limit': 5, vary: ['Origin', 'Accept'], 'set-cookie': ['a=1', 'b=2'], 'x-none': undefined }
    const { response } = createStream(requestWith(), { headers })
    expect(response.headers.get('x-limit')).toBe('5')
    expect(response.headers.get('vary')).toBe('Origin,Accept')
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    expect(response.headers.has('x-none')).toBe(false)
  })

  it('has a first chunk before anything is sent, which announces the heartbeat', async () => {
    const { response } = createStream(requestWith())
    expect(await new Reading(response).next()).toBe(': heartbeat=15000\n')
  })

  it('begins with the reconnection time when one is set', async () => {
    const { response } = createStream(requestWith(), { retry: 2500 })
    expect(await new Reading(response).next()).toBe(': heartbeat=15000\nretry: 2500\n')
  })

  it('draws the reconnection time from a range', async () => {
    const drawn = new Set<number>()
    for (let count = 0; count < 200; count++) {
      const { response } = createStream(requestWith(), { retry: { min: 10, max: 12 }, heartbeat: false })
      const first = await new Reading(response).next()
      drawn.add(Number(/^:\nretry: (\d+)\n$/.exec(first!)![1]))
    }
    expect([...drawn].sort()).toEqual([10, 11, 12])
  })

  it('has a first chunk without a heartbeat, too', async () => {
    const { response } = createStream(requestWith(), { heartbeat: false })
    expect(await new Reading(response).next()).toBe(':\n')
  })

  it('needs no request', async () => {
    const stream = createStream<{ ping: number }>()
    expect(stream.lastEventId).toBe('')
    stream.send('ping', 1)
    stream.close()
    expect(await new Reading(stream.response).rest()).toBe(': heartbeat=15000\nevent: ping\ndata: 1\n\n')
  })
})

describe('the last event id', () => {
  it('is the id in its header', () => {
    expect(createStream(requestWith({ headers: { 'Last-Event-ID': 'a.17' } })).lastEventId).toBe('a.17')
  })

  it('is the id in the query without a header', () => {
    expect(createStream(requestWith({}, '?x=1&lastEventId=a%2E18')).lastEventId).toBe('a.18')
  })

  it('prefers the header to the query', () => {
    const request = requestWith({ headers: { 'Last-Event-ID': 'header' } }, '?lastEventId=query')
    expect(createStream(request).lastEventId).toBe('header')
  })

  it('is empty when the request has none', () => {
    expect(createStream(requestWith({}, '?other=1')).lastEventId).toBe('')
  })

  it('is never sent back to the client', async () => {
    const stream = createStream(requestWith({ headers: { 'Last-Event-ID': 'secret' } }))
    stream.close()
    expect(await new Reading(stream.response).rest()).toBe(': heartbeat=15000\n')
    expect(JSON.stringify([...stream.response.headers])).not.toContain('secret')
  })
})

describe('a stream that never begins', () => {
  it('answers the terminal id with a 204 that nobody caches', async () => {
    const headers = { 'Access-Control-Allow-Origin': '*' }
    const stream = createStream(requestWith({ headers: { 'Last-Event-ID': 'sse:end' } }), { headers })
    expect(stream.response.status).toBe(204)
    expect(stream.response.body).toBe(null)
    expect(Object.fromEntries(stream.response.headers)).toEqual({
      'access-control-allow-origin': '*',
      'cache-control': 'no-store',
    })
    expect(stream.send('ping', 1)).toBe(false)
    expect(await stream.closed).toMatchObject({ reason: 'final', events: 0, bytes: 0 })
  })

  it('gives a HEAD request the head and no body', async () => {
    const stream = createStream(requestWith({ method: 'HEAD' }))
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(stream.response.body).toBe(null)
    expect(await stream.closed).toMatchObject({ reason: 'server', events: 0 })
  })

  it('is closed from birth when the client has left already', async () => {
    const stream = createStream(requestWith({ signal: AbortSignal.abort() }))
    expect(stream.signal.aborted).toBe(true)
    expect(stream.send('ping', 1)).toBe(false)
    expect(await stream.ready()).toBe(false)
    expect(await stream.closed).toMatchObject({ reason: 'client' })
    expect(await stream.response.text()).toBe('')
  })

  it('is closed from birth when the signal given has aborted already', async () => {
    const stream = createStream(requestWith(), { signal: AbortSignal.abort() })
    expect(await stream.closed).toMatchObject({ reason: 'aborted' })
    expect(await stream.response.text()).toBe('')
  })
})
