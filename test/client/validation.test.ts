// A payload that its schema refuses is an error with the issues and the raw text; the stream and the cursor go on, in order.
import { type } from 'arktype'
import * as v from 'valibot'
import { afterEach, describe, expect, expectTypeOf, it, vi } from 'vitest'
import { z } from 'zod'
import { defineEvents, type StandardSchemaV1 } from '../../src/index.ts'
import { errorsOf, quick, subscribed } from './collect.ts'
import { ended, rawServer, stream } from './raw-server.ts'

afterEach(() => vi.unstubAllGlobals())

const libraries = [
  ['zod', defineEvents({ price: z.object({ amount: z.number() }) })],
  ['valibot', defineEvents({ price: v.object({ amount: v.number() }) })],
  ['arktype', defineEvents({ price: type({ amount: 'number' }) })],
] as const

describe.each(libraries)('a schema of %s', (_, events) => {
  it('passes what fits and refuses what does not', async () => {
    const server = await rawServer(
      ended(
        'event: price\nid: 1\ndata: {"amount":1}\n\nevent: price\nid: 2\ndata: {"amount":"1"}\n\nevent: price\nid: 3\ndata: {"amount":3}\n\nevent: price\nid: 4\ndata: {}\n\n',
      ),
      stream(),
    )
    const subscription = subscribed(server.url, { ...quick, events })
    const errors = errorsOf(subscription)
    const seen: unknown[] = []
    subscription.on('price', (data, { id }) => {
      expectTypeOf(data).toEqualTypeOf<{ amount: number }>()
      seen.push([data.amount, id])
    })
    expect((await server.request(2)).headers['last-event-id']).toBe('4')
    expect(seen).toEqual([
      [1, '1'],
      [3, '3'],
    ])
    const [refused] = errors
    expect(refused).toMatchObject({ code: 'payload-rejected', type: 'price', raw: '{"amount":"1"}', id: '2' })
    expect(refused!.message).toMatch(/^payload of "price" does not match its schema \(amount: .+\)$/)
    expect(
      refused!.issues!.map(({ path }) => [...path!].map((part) => (typeof part === 'object' ? part.key : part))),
    ).toEqual([['amount']])
    expect(errors.map(({ code }) => code)).toEqual(['payload-rejected', 'payload-rejected', 'stream-ended'])
    subscription.close()
  })
})

it('hands over what a schema makes of the payload', async () => {
  const events = defineEvents({ at: z.iso.datetime().transform((text) => new Date(text)) })
  const { url } = await rawServer(stream('event: at\ndata: "2026-01-02T03:04:05Z"\n\n'))
  const { data } = await subscribed(url, { events }).once('at')
  expectTypeOf(data).toEqualTypeOf<Date>()
  expect(data).toEqual(new Date('2026-01-02T03:04:05Z'))
})

/** A schema whose answers the test releases, in any order. */
function slowSchema() {
  const answers = new Map<number, () => void>()
  const schema: StandardSchemaV1<number> = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value) =>
        value === 0
          ? { value: 0 }
          : new Promise((resolve) => {
              const answer = () =>
                resolve((value as number) < 0 ? { issues: [{ message: 'negative' }] } : { value: value as number })
              answers.set(value as number, answer)
            }),
    },
  }
  return { events: defineEvents({ n: schema }), answers }
}

const n = (...values: number[]) => values.map((value) => `event: n\nid: ${value}\ndata: ${value}\n\n`).join('')

describe('an asynchronous schema', () => {
  it('keeps the order, also of the events that are checked at once', async () => {
    const { events, answers } = slowSchema()
    const server = await rawServer(stream(n(1, 0, -2, 3)))
    const subscription = subscribed(server.url, { events })
    const order: unknown[] = []
    subscription.on('n', (data) => order.push(data))
    subscription.onError(({ message }) => order.push(message))
    await vi.waitUntil(() => answers.has(1))
    expect(order).toEqual([])
    answers.get(1)!()
    await vi.waitUntil(() => answers.has(-2))
    expect(order).toEqual([1, 0])
    answers.get(-2)!()
    await vi.waitUntil(() => answers.has(3))
    answers.get(3)!()
    await vi.waitUntil(() => order.length === 4)
    expect(order).toEqual([1, 0, 'payload of "n" does not match its schema (negative)', 3])
  })

  it('delivers nothing after close()', async () => {
    const { events, answers } = slowSchema()
    const server = await rawServer(stream(n(1, 2)))
    const subscription = subscribed(server.url, { events })
    const seen: unknown[] = []
    subscription.on('n', (data) => seen.push(data))
    await vi.waitUntil(() => answers.has(1))
    subscription.close()
    answers.get(1)!()
    await new Promise((resolve) => setImmediate(resolve))
    expect(seen).toEqual([])
  })

  it('keeps an event that close() has overtaken for the next time', async () => {
    const { events, answers } = slowSchema()
    const server = await rawServer(stream(n(0, 1)))
    const stored: string[] = []
    const storage = { get: () => null, set: (id: string) => void stored.push(id) }
    const subscription = subscribed(server.url, { events, storage })
    subscription.on('n', () => {})
    await vi.waitUntil(() => answers.has(1))
    subscription.close()
    answers.get(1)!()
    await new Promise((resolve) => setImmediate(resolve))
    expect(stored).toEqual(['0'])
  })

  it('is waited for before the end', async () => {
    const { events, answers } = slowSchema()
    const server = await rawServer(stream(`${n(1, 2)}event: sse:end\ndata:\n\n`))
    const subscription = subscribed(server.url, { events })
    const seen: unknown[] = []
    subscription.on('n', (data) => seen.push(data))
    await vi.waitUntil(() => answers.has(1))
    expect(subscription.status).toBe('open')
    answers.get(1)!()
    await vi.waitUntil(() => answers.has(2))
    answers.get(2)!()
    expect(await subscription.closed).toEqual({ reason: 'server', end: 'final' })
    expect(seen).toEqual([1, 2])
  })
})

it('reports a refused payload that no onError receives to the page', async () => {
  vi.stubGlobal('location', new URL('http://page.test/'))
  const reported: any[] = []
  vi.stubGlobal('reportError', (error: unknown) => reported.push(error))
  const { url } = await rawServer(stream('event: price\ndata: 1\n\nevent: price\ndata: {"amount":1}\n\n'))
  const subscription = subscribed(url, { events: libraries[0][1] })
  await new Promise((resolve) => subscription.on('price', resolve))
  expect(reported).toEqual([expect.objectContaining({ code: 'payload-rejected', raw: '1' })])
})
