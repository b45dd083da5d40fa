// send() puts events on the wire, those of one tick together, and returns false when the client cannot follow.
import { describe, expect, it } from 'vitest'
import { defineEvents, text } from '../../../src/index.ts'
import { createStream } from '../../../src/server/index.ts'
import { Reading } from '../reading.ts'

interface Events {
  ping: { time: string }
  done: undefined
  message: string
}

/** A stream whose first chunk has been taken. */
async function openStream(options = {}) {
  const stream = createStream<Events>(undefined, options)
  const reading = new Reading(stream.response)
  await reading.next()
  return { stream, reading }
}

describe('the wire', () => {
  it('carries JSON, names, ids and reconnection times', async () => {
    const { stream, reading } = await openStream()
    expect(stream.send('ping', { time: '12:00' }, { id: '7', retry: 100 })).toBe(true)
    expect(await reading.next()).toBe('event: ping\nid: 7\nretry: 100\ndata: {"time":"12:00"}\n\n')
  })

  it('carries an event without payload as an empty data line', async () => {
    const { stream, reading } = await openStream()
    stream.send('done')
    expect(await reading.next()).toBe('event: done\ndata:\n\n')
  })

  it('carries null, which is a payload', async () => {
    const stream = createStream<{ gone: null }>()
    stream.send('gone', null)
    stream.close()
    expect(await new Reading(stream.response).rest()).toBe(': heartbeat=15000\nevent: gone\ndata: null\n\n')
  })

  it('carries what the codec of the map makes of a payload', async () => {
    const stream = createStream(undefined, { events: defineEvents({ message: text() }) })
    const reading = new Reading(stream.response)
    await reading.next()
    stream.send('message', 'two\nlines')
    expect(await reading.next()).toBe('data: two\ndata: lines\n\n')
  })

  it('carries comments and reconnection times alone', async () => {
    const { stream, reading } = await openStream()
    stream.comment('hello')
    stream.comment()
    stream.retry(5)
    expect(await reading.next()).toBe(': hello\n:\nretry: 5\n')
  })

  it('carries the events of one tick in one chunk', async () => {
    const { stream, reading } = await openStream()
    stream.send('message', 'a')
    stream.send('message', 'b')
    expect(await reading.next()).toBe('data: "a"\n\ndata: "b"\n\n')
    stream.send('message', 'c')
    expect(await reading.next()).toBe('data: "c"\n\n')
  })

  it('carries much text in pieces of about 64 KiB, before the tick ends', async () => {
    const { stream, reading } = await openStream({ maxBuffer: 10_000_000 })
    stream.send('message', 'x'.repeat(300_000))
    const sizes: number[] = []
    stream.close()
    for (let chunk = await reading.next(); chunk !== undefined; chunk = await reading.next()) sizes.push(chunk.length)
    expect(sizes.reduce((sum, size) => sum + size)).toBe('data: ""\n\n'.length + 300_000)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(98_304)
  })
})

describe('flow control', () => {
  it('counts what waits in bytes, pending text included', async () => {
    const { stream, reading } = await openStream()
    expect(stream.buffered).toBe(0)
    stream.send('message', 'ä')
    const bytes = new TextEncoder().encode('data: "ä"\n\n').length
    expect(stream.buffered).toBe(bytes)
    await Promise.resolve()
    expect(stream.buffered).toBe(bytes)
    await reading.next()
    expect(stream.buffered).toBe(0)
  })

  it('answers false when more than maxBuffer waits, and has taken that event', async () => {
    const { stream, reading } = await openStream({ maxBuffer: 20 })
    expect(stream.send('message', '123456')).toBe(true)
    expect(stream.send('message', '1')).toBe(false)
    expect(await reading.next()).toBe('data: "123456"\n\ndata: "1"\n\n')
  })

  it('closes as overflow when it is sent to again while full, and drops what waits', async () => {
    const { stream, reading } = await openStream({ maxBuffer: 10 })
    expect(stream.send('message', 'too long for it')).toBe(false)
    expect(stream.send('message', 'again')).toBe(false)
    expect(await stream.closed).toMatchObject({ reason: 'overflow', events: 0 })
    await expect(reading.next()).rejects.toThrow('stream closed as overflow: an event was sent above maxBuffer')
    expect(stream.buffered).toBe(0)
    expect(stream.send('message', 'later')).toBe(false)
  })

  it('takes events again when the client has made room, without being asked', async () => {
    const { stream, reading } = await openStream({ maxBuffer: 10 })
    expect(stream.send('message', 'too long for it')).toBe(false)
    await reading.next()
    expect(stream.send('message', '')).toBe(true)
  })

  it('is ready at once while there is room', async () => {
    const { stream } = await openStream()
    expect(await stream.ready()).toBe(true)
  })

  it('is ready when the client has taken what waited', async () => {
    const { stream, reading } = await openStream({ maxBuffer: 10 })
    stream.send('message', 'too long for it')
    let ready = false
    const waited = stream.ready().then((room) => {
      ready = room
    })
    await Promise.resolve()
    expect(ready).toBe(false)
    await reading.next()
    await waited
    expect(ready).toBe(true)
    stream.send('message', '')
    expect(await reading.next()).toBe('data: ""\n\n')
  })

  it('is not ready when the stream closes instead', async () => {
    const { stream } = await openStream({ maxBuffer: 10 })
    stream.send('message', 'too long for it')
    const all = [stream.ready(), stream.ready()]
    stream.close()
    expect(await Promise.all(all)).toEqual([false, false])
  })
})

describe('an invalid argument', () => {
  const cycle: { self?: object } = {}
  cycle.self = cycle

  it.each<[string, (stream: any) => unknown, string]>([
    [
      'a BigInt',
      (s) => s.send('ping', 1n),
      'payload of "ping" cannot be encoded: Do not know how to serialize a BigInt',
    ],
    [
      'a cycle',
      (s) => s.send('ping', cycle),
      'payload of "ping" cannot be encoded: Converting circular structure to JSON',
    ],
    [
      'a function',
      (s) => s.send('ping', () => 1),
      'payload of "ping" cannot be encoded: JSON has no form for a function',
    ],
    [
      'a name with a line break',
      (s) => s.send('a\nb', 1),
      'event name "a\\nb" contains a line break; give one line without NUL',
    ],
    [
      'a reserved id',
      (s) => s.send('a', 1, { id: 'sse:end' }),
      'id "sse:end" starts with "sse:"; that prefix is reserved',
    ],
    [
      'a reconnection time that is none',
      (s) => s.retry(-1),
      'retry -1 is not a whole number of milliseconds from 0 to 2147483647',
    ],
    [
      'a reconnection time at the end that is none',
      (s) => s.close({ retry: 1.5 }),
      'retry 1.5 is not a whole number of milliseconds from 0 to 2147483647',
    ],
    ['a comment that is not a string', (s) => s.comment(7), 'comment is of type number; give a string'],
  ])('%s is refused where the caller stands, and nothing is on the wire', async (_, send, message) => {
    const { stream, reading } = await openStream()
    expect(() => send(stream)).toThrow(expect.objectContaining({ name: 'EventwireError', message }))
    stream.close()
    expect(await reading.rest()).toBe('')
    expect(await stream.closed).toMatchObject({ reason: 'server', events: 0 })
  })

  it('a name that the map lacks is refused', () => {
    const stream = createStream(undefined, { events: defineEvents({ message: text() }) })
    expect(() => stream.send('pong' as 'message', '')).toThrow(
      'event "pong" is not in the map given as `events`; add it to defineEvents()',
    )
  })

  it('is not even looked at once the stream has closed', async () => {
    const { stream } = await openStream()
    stream.close()
    expect(stream.send('ping', 1n as never)).toBe(false)
    expect(stream.comment('a')).toBe(false)
    expect(stream.retry(-1)).toBe(false)
  })

  it('a codec that closes the stream gets false', async () => {
    const { stream, reading } = await openStream()
    const closing = {
      toJSON() {
        stream.close()
        return 'x'
      },
    }
    expect(stream.send('message', closing as never)).toBe(false)
    expect(await reading.rest()).toBe('')
  })
})
