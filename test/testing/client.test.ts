// The test client reads a server's response as the test says: a step, some events, nothing at all, and back with its cursor.
import { describe, expect, expectTypeOf, it } from 'vitest'
import { defineEvents, text } from '../../src/index.ts'
import { createChannel, createStream } from '../../src/server/index.ts'
import { collectEvents, createTestClient } from '../../src/testing/index.ts'

interface Events {
  note: number
  done: undefined
}
const request = (cursor?: string) =>
  new Request('http://localhost/events', { headers: cursor ? { 'Last-Event-ID': cursor } : {} })

/** A response with these notes that stays open. */
function notes(...numbers: number[]) {
  const stream = createStream<Events>(request())
  for (const number of numbers) stream.send('note', number, { id: `${number}` })
  return stream
}

describe('collecting', () => {
  it('takes so many events and cancels the response', async () => {
    const stream = notes(1, 2, 3)
    const events = await collectEvents<Events>(stream.response, { count: 2 })
    expect(events).toEqual([
      { type: 'note', data: 1, id: '1' },
      { type: 'note', data: 2, id: '2' },
    ])
    expect((await stream.closed).reason).toBe('client')
  })

  it('takes events up to the one that was waited for', async () => {
    const stream = notes(1, 2, 3)
    stream.send('done')
    const events = await collectEvents<Events>(stream.response, { until: ({ type }) => type === 'done' })
    expect(events.map(({ data }) => data)).toEqual([1, 2, 3, undefined])
  })

  it('takes everything without options, decoded by the map', async () => {
    const events = defineEvents({ message: text() })
    const stream = createStream(request(), { events })
    stream.send('message', 'plain')
    stream.close({ final: true })
    expect(await collectEvents(stream.response, { events })).toEqual([{ type: 'message', data: 'plain', id: '' }])
  })

  it('takes nothing when nothing is wanted', async () => {
    expect(await collectEvents(notes(1).response, { count: 0 })).toEqual([])
  })

  it('fails with what came when the stream ends before', async () => {
    const stream = notes(1)
    stream.send('done')
    stream.close()
    await expect(collectEvents<Events>(stream.response, { count: 3 })).rejects.toMatchObject({
      code: 'stream-ended',
      message: 'the stream ended before enough events arrived; received: note, done',
    })
    const empty = createStream<Events>(request())
    empty.close()
    await expect(collectEvents<Events>(empty.response, { until: () => true })).rejects.toThrow('received: none')
  })

  it('is typed by the map', () => {
    type Topics = readonly string[] | undefined
    const collect = () => collectEvents<Events>(notes().response, { until: (event) => event.type === 'done' })
    expectTypeOf<Awaited<ReturnType<typeof collect>>[number]>().toEqualTypeOf<
      | { readonly type: 'note'; readonly data: number; readonly id: string; readonly topics?: Topics }
      | { readonly type: 'done'; readonly data: undefined; readonly id: string; readonly topics?: Topics }
    >()
  })
})

describe('a client', () => {
  it('reads event after event', async () => {
    const client = createTestClient<Events>(notes(1, 2).response)
    expect((await client.next()).data).toBe(1)
    expect(await client.next()).toEqual({ type: 'note', data: 2, id: '2' })
    expect(client.lastEventId).toBe('2')
  })

  it('knows everything that stood on the wire', async () => {
    const channel = createChannel<Events>({ stream: { retry: 2000 } })
    const client = createTestClient<Events>(channel.response(request()))
    await channel.publish('note', 1)
    await client.next()
    expect(client.messages.map(({ type }) => type)).toEqual(['sse:cursor', 'note'])
    expect(client.comments).toEqual(['heartbeat=15000'])
    expect(client.retry).toBe(2000)
    expect(client.ended).toBe(false)
    await channel.close()
  })

  it('reads nothing that it was not asked for', async () => {
    const stream = createStream<Events>(request(), { maxBuffer: 100 })
    const client = createTestClient<Events>(stream.response)
    stream.send('note', 1)
    await client.next()
    for (let sent = 0; stream.send('note', sent); sent++) expect(sent).toBeLessThan(100)
    await Promise.resolve()
    expect(stream.buffered).toBeGreaterThan(100)
    while (stream.buffered > 0) expect(await client.take()).toBe(true)
    expect(await stream.ready()).toBe(true)
  })

  it('collects the next events, then the rest', async () => {
    const stream = notes(1, 2, 3, 4)
    stream.close()
    const client = createTestClient<Events>(stream.response)
    expect(await client.collect({ count: 1 })).toHaveLength(1)
    expect(await client.collect({ until: ({ data }) => data === 3 })).toHaveLength(2)
    expect((await client.collect()).map(({ data }) => data)).toEqual([4])
    expect(client.ended).toBe(true)
    expect(await client.take()).toBe(false)
    await expect(client.next()).rejects.toMatchObject({
      code: 'stream-ended',
      message: 'the stream ended, or the client has disconnected; there is no further event',
    })
    await expect(client.collect({ count: 1 })).rejects.toMatchObject({
      code: 'stream-ended',
      message: 'the stream ended before enough events arrived; received: none',
    })
  })

  it('leaves, read from or not', async () => {
    const [unread, read] = [notes(1), notes(1)]
    await createTestClient<Events>(unread.response).disconnect()
    expect((await unread.closed).reason).toBe('client')
    const client = createTestClient<Events>(read.response)
    await client.next()
    await client.disconnect()
    expect((await read.closed).reason).toBe('client')
    await expect(client.next()).rejects.toThrow('there is no further event')
  })

  it('leaves while it begins to read, twice', async () => {
    const stream = notes()
    const client = createTestClient<Events>(stream.response)
    const reading = [client.take(), client.take()]
    await client.disconnect()
    expect((await stream.closed).reason).toBe('client')
    expect(await Promise.all(reading)).toEqual([false, false])
  })

  it('comes back with its cursor and misses nothing', async () => {
    const channel = createChannel<Events>()
    const client = createTestClient<Events>(channel.response(request()))
    await channel.publish('note', 1)
    await client.next()
    const back = client.resume((request) => channel.response(request), 'http://localhost/other')
    await channel.publish('note', 2)
    expect((await (await back).next()).data).toBe(2)
    await channel.close()
  })

  it('comes back with an id of any language, and without a header when it has none', async () => {
    const seen: (string | null)[] = []
    const handler = (request: Request) => {
      const stream = createStream<Events>(request)
      seen.push(request.headers.get('Last-Event-ID') && stream.lastEventId)
      stream.send('done', undefined, { id: '東京' })
      return stream.response
    }
    const fresh = await createTestClient<Events>(notes().response).resume(handler)
    await fresh.next()
    await fresh.resume(handler)
    expect(seen).toEqual([null, '東京'])
  })

  it('refuses the promise of a response', () => {
    const promise = Promise.resolve(notes().response)
    expect(() => createTestClient<Events>(promise as never)).toThrow(
      expect.objectContaining({
        code: 'invalid-option',
        message: 'response is [object Promise]; give a Response, and await a promise of it',
      }),
    )
  })

  it('fails at a response that is not a stream', async () => {
    const client = createTestClient(new Response('busy', { status: 503 }))
    await expect(client.next()).rejects.toMatchObject({
      code: 'http-status',
      message: 'the server responded with 503; a stream needs 200',
      body: 'busy',
    })
  })
})
