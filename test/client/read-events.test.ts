// One body is read to its end, or as far as the loop goes, without any reconnection.
import { expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { readEvents } from '../../src/client/index.ts'
import { defineEvents, text } from '../../src/index.ts'

/** A body of these chunks that records whether it was cancelled. */
function body(...chunks: string[]) {
  const state = { cancelled: false, stream: undefined as unknown as ReadableStream<Uint8Array> }
  state.stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const chunk = chunks.shift()
        if (chunk === undefined) controller.close()
        else controller.enqueue(new TextEncoder().encode(chunk))
      },
      cancel() {
        state.cancelled = true
      },
    },
    { highWaterMark: 0 },
  )
  return state
}

async function all<Event>(events: AsyncIterable<Event>): Promise<Event[]> {
  const seen: Event[] = []
  for await (const event of events) seen.push(event)
  return seen
}

it('yields typed events, however the bytes are cut, and drops what is unfinished', async () => {
  const { stream } = body(
    'event: pi',
    'ng\ndata: {"n"',
    ':1}\nid: a\n',
    '\ndata: "x"\n\n: comment\n\ndata: "unfin',
    'ished"\n',
  )
  const seen = await all(readEvents<{ ping: { n: number }; message: string }>(stream))
  expectTypeOf(seen[0]!.type).toEqualTypeOf<'ping' | 'message'>()
  expect(seen).toEqual([
    { type: 'ping', data: { n: 1 }, id: 'a' },
    { type: 'message', data: 'x', id: 'a' },
  ])
})

it('shows until no event of its own', async () => {
  const { stream } = body('event: sse:cursor\nid: 7\ndata: {}\n\ndata: 1\n\n')
  const seen: string[] = []
  const events = readEvents(stream, { until: ({ type }) => seen.push(type) > 0 })
  expect((await events.next()).done).toBe(true)
  expect(seen).toEqual(['message'])
})

it('ends at the event that until names, before it is decoded, and cancels the body', async () => {
  const state = body('data: {"token":"Hi"}\n\ndata: [DONE]\n\n', 'data: {"token":"never"}\n\n')
  const events = readEvents<{ message: { token: string } }>(state.stream, { until: ({ data }) => data === '[DONE]' })
  expect(await all(events)).toEqual([{ type: 'message', data: { token: 'Hi' }, id: '' }])
  expect(state.cancelled).toBe(true)
})

it('cancels the body when the loop is left, and pulls no further than it reads', async () => {
  const state = body('data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n')
  for await (const { data } of readEvents<{ message: number }>(state.stream)) if (data === 2) break
  expect(state.cancelled).toBe(true)
})

it('hands out schemas’ output, also asynchronous ones, and skips names that are not in the map', async () => {
  const events = defineEvents({
    n: z.number().transform(async (n) => n * 2),
    log: text(),
  })
  const { stream } = body('event: n\ndata: 1\n\nevent: other\ndata: 2\n\nevent: log\ndata: three\n\n')
  expect((await all(readEvents(stream, { events }))).map(({ data }) => data)).toEqual([2, 'three'])
})

it('throws what a payload is refused for, out of the loop', async () => {
  const state = body('data: 1\n\ndata: {\n\n')
  const seen: number[] = []
  const loop = (async () => {
    for await (const { data } of readEvents<{ message: number }>(state.stream)) seen.push(data)
  })()
  await expect(loop).rejects.toMatchObject({ code: 'payload-not-decodable', raw: '{' })
  expect(seen).toEqual([1])
  expect(state.cancelled).toBe(true)
})

it('hands out what came before an event that is too large', async () => {
  const { stream } = body(`data: 1\n\ndata: "${'x'.repeat(200)}"\n\n`)
  const seen: number[] = []
  const loop = (async () => {
    for await (const { data } of readEvents<{ message: number }>(stream, { maxEventSize: 100 })) seen.push(data)
  })()
  await expect(loop).rejects.toMatchObject({ code: 'event-too-large' })
  expect(seen).toEqual([1])
})

it('takes a response, and refuses one that is not a stream', async () => {
  const stream = new Response('data: 1\n\n', { headers: { 'Content-Type': 'text/event-stream; charset=utf-8' } })
  expect((await all(readEvents(stream))).map(({ data }) => data)).toEqual([1])
  const page = new Response('<h1>', { headers: { 'Content-Type': 'text/html' } })
  await expect(all(readEvents(page))).rejects.toMatchObject({ code: 'wrong-content-type', body: '<h1>' })
  await expect(all(readEvents(new Response('no', { status: 401 })))).rejects.toMatchObject({ status: 401, body: 'no' })
})

it.each([
  ['a promise', Promise.resolve(new Response())],
  ['the text itself', 'data: 1\n\n'],
  ['nothing', undefined],
])('refuses %s as source', async (_, source) => {
  await expect(all(readEvents(source as never))).rejects.toMatchObject({
    code: 'invalid-option',
    message: 'source is not a response; await fetch()',
  })
})

it('says that the connection broke, with what broke it', async () => {
  const cause = new TypeError('terminated')
  const stream = new ReadableStream<Uint8Array>({ start: (controller) => controller.error(cause) })
  await expect(all(readEvents(stream))).rejects.toMatchObject({ name: 'EventwireError', code: 'network', cause })
})

it('refuses a plain object as events when the loop begins', async () => {
  const events = readEvents(body().stream, { events: { ping: {} } as never })
  await expect(events[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'invalid-option' })
})
