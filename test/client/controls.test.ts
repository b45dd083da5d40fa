// Control information in comments is understood as in events: the cursor moves, gaps are reported, the final end is final.
import { createServer } from 'node:http'
import { describe, expect, it } from 'vitest'
import { readEvents } from '../../src/client/index.ts'
import { createChannel, createStream, memoryLog } from '../../src/server/index.ts'
import { respond } from '../../src/server/node/index.ts'
import { collectEvents, createTestClient } from '../../src/testing/index.ts'
import { listen } from '../node/listen.ts'
import { errorsOf, quick, subscribed } from './collect.ts'
import { ended, rawServer, stream } from './raw-server.ts'

describe('a subscription', () => {
  it('takes a block without data as its cursor, and delivers no event for it', async () => {
    const server = await rawServer(ended('id: e.1\n\n', 'data: 1\n\nid: e.2\n\n'), stream('data: 2\n\n'))
    const subscription = subscribed(server.url, quick)
    const seen: unknown[] = []
    subscription.onAny((event) => seen.push(event))
    expect((await server.request(2)).headers['last-event-id']).toBe('e.2')
    await subscription.once('message')
    expect(seen).toEqual([
      { type: 'message', data: 1, id: 'e.1' },
      { type: 'message', data: 2, id: 'e.2' },
    ])
  })

  it.each([
    ['whole', 'data: 0\n\n: sse:gap {"reason":"trimmed","oldest":"e.9","id":"e.9"}\nid: e.9\n\ndata: 1\n\n'],
    ['in bytes', ...'data: 0\n\n: sse:gap {"reason":"trimmed","oldest":"e.9","id":"e.9"}\nid: e.9\n\ndata: 1\n\n'],
  ])('reports a gap once, before what is newer, with its position (%s)', async (_, ...parts) => {
    const server = await rawServer(ended(...parts), stream())
    const subscription = subscribed(server.url, { ...quick, lastEventId: 'e.1' })
    const order: unknown[] = []
    subscription.onGap((gap) => order.push(gap))
    subscription.on('message', (data) => order.push(data))
    subscription.onComment((text) => order.push(text))
    expect((await server.request(2)).headers['last-event-id']).toBe('e.9')
    expect(order).toEqual([0, { reason: 'trimmed', oldest: 'e.9', id: 'e.9' }, 1])
  })

  it('keeps its cursor at a gap without a position, and survives one without sense', async () => {
    const server = await rawServer(
      ended(': sse:gap {"reason":"epoch"}\n: sse:gap {\n: sse:gap null\n: sse:gap\n'),
      stream(),
    )
    const subscription = subscribed(server.url, { ...quick, lastEventId: 'e.1' })
    const gaps: unknown[] = []
    subscription.onGap((gap) => gaps.push(gap))
    expect((await server.request(2)).headers['last-event-id']).toBe('e.1')
    const malformed = { reason: 'malformed', id: 'e.1' }
    expect(gaps).toEqual([{ reason: 'epoch', id: 'e.1' }, malformed, malformed, malformed])
  })

  it.each([
    [': sse:end\nid: sse:end\n\n', undefined],
    [': sse:end {"how":"done"}\nid: sse:end\n\n', 'done'],
    [': sse:end {"how"\nid: sse:end\n\n', undefined],
    [': sse:end null\nid: sse:end\n\n', undefined],
  ])('is over after %j', async (end, how) => {
    const server = await rawServer(ended(`id: e.1\ndata: 1\n\n${end}data: 2\n\n`))
    const subscription = subscribed(server.url, quick)
    const seen: unknown[] = []
    const errors = errorsOf(subscription)
    subscription.on('message', (data) => seen.push(data))
    expect(await subscription.closed).toEqual({ reason: 'server', end: 'final', how })
    expect([seen, errors, subscription.lastEventId, server.requests.length]).toEqual([[1], [], 'e.1', 1])
  })

  it('keeps the cursor of a block in its storage', async () => {
    const server = await rawServer(ended('id: e.1\n\n'), stream())
    const stored: string[] = []
    const storage = { get: () => undefined, set: (id: string) => void stored.push(id) }
    subscribed(server.url, { ...quick, storage })
    expect((await server.request(2)).headers['last-event-id']).toBe('e.1')
    expect(stored).toEqual(['e.1'])
  })
})

it('readEvents() stops at the end in a comment, and skips the other comments', async () => {
  const wire = ': sse:gap {"reason":"epoch"}\nid: e.1\n\ndata: 1\n\n: sse:end\nid: sse:end\n\ndata: 2\n\n'
  const seen: unknown[] = []
  for await (const event of readEvents(new Blob([wire]).stream())) seen.push(event)
  expect(seen).toEqual([{ type: 'message', data: 1, id: 'e.1' }])
})

it("the test kit's clients read both forms alike", async () => {
  for (const controls of ['events', 'comments'] as const) {
    const handler = (request: Request) => {
      const writer = createStream<{ message: number }>(request, { controls })
      writer.send('message', 1, { id: '1' })
      writer.close({ final: true })
      return writer.response
    }
    const request = new Request('http://localhost/')
    expect(await collectEvents(handler(request))).toEqual([{ type: 'message', data: 1, id: '1' }])
    const client = createTestClient(handler(request))
    expect((await client.collect()).map(({ data }) => data)).toEqual([1])
    expect(client.lastEventId).toBe('sse:end')
    await expect((await client.resume(handler)).next()).rejects.toMatchObject({ code: 'http-status', status: 204 })
  }
})

it('a filtered reader that lost its connection in silence resumes without a gap, from the cursor of the silence', async () => {
  interface Events {
    note: number
  }
  const log = memoryLog({ maxEvents: 4 })
  const channel = createChannel<Events>({ log, stream: { controls: 'comments', heartbeat: 20, retry: 1 } })
  const cursors: (string | undefined)[] = []
  const port = await listen(
    createServer((req, res) => {
      cursors.push(req.headers['last-event-id'] as string | undefined)
      respond(channel, req, res, { filter: ({ data }) => data < 0 })
    }),
  )
  let head = ''
  const { promise: reported, resolve } = Promise.withResolvers<void>()
  const storage = { get: () => undefined, set: (id: string) => (id === head ? resolve() : undefined) }
  const subscription = subscribed<Events>(`http://127.0.0.1:${port}/`, { ...quick, storage })
  const gaps: unknown[] = []
  subscription.onGap((gap) => gaps.push(gap))
  await subscription.opened
  for (let n = 0; n < 3; n++) head = await channel.publish('note', n)
  await reported
  const received = subscription.once('note')
  for (const stream of channel) stream.close()
  await channel.publish('note', 3)
  await channel.publish('note', -1)
  expect((await received).data).toBe(-1)
  expect([cursors, gaps]).toEqual([[undefined, head], []])
})
