// An event that nobody asked for costs nobody anything, and a payload that cannot be decoded ends only what asked for it.
import { expect, it, onTestFinished, vi } from 'vitest'
import { z } from 'zod'
import { type EventwireError, readEvents } from '../../src/client/index.ts'
import { defineEvents, json } from '../../src/index.ts'
import { errorsOf, subscribed } from './collect.ts'
import { ended, rawServer, stream } from './raw-server.ts'

const event = (name: string, data: string) => `event: ${name}\ndata: ${data}\n\n`

/** A map whose codec counts what it decodes. */
function counting() {
  const decoded: string[] = []
  const codec = {
    encode: String,
    decode(text: string) {
      decoded.push(text)
      return text
    },
  }
  return { events: defineEvents({ price: codec, other: codec }), decoded }
}

it('does not decode a name without listener, loop or map entry', async () => {
  const { events, decoded } = counting()
  const { url } = await rawServer(stream(event('other', 'a'), event('unknown', 'b'), event('price', 'c')))
  const subscription = subscribed(url, { events })
  expect((await subscription.once('price')).data).toBe('c')
  expect(decoded).toEqual(['c'])
})

it('stops decoding when the last listener has left', async () => {
  const { events, decoded } = counting()
  const { url } = await rawServer(stream(event('price', 'a'), event('price', 'b'), event('other', 'c')))
  const subscription = subscribed(url, { events })
  subscription.on('price', () => {}, { once: true })
  await subscription.once('other')
  expect(decoded).toEqual(['a', 'c'])
})

it('leaves a plain-text ping alone, without a map and without onError', async () => {
  const { url } = await rawServer(stream(event('ping', 'I am alive'), 'data: 1\n\n'))
  const subscription = subscribed(url)
  const states: unknown[] = []
  subscription.state.subscribe((state) => 'error' in state && states.push(state.error))
  expect((await subscription.once('message')).data).toBe(1)
  expect(states).toEqual([])
})

it('puts a payload that cannot be decoded into the state, and goes on', async () => {
  const { url } = await rawServer(stream(event('message', 'plain text'), 'data: 2\n\n'))
  const subscription = subscribed(url)
  const errors: (EventwireError | undefined)[] = []
  subscription.state.subscribe((state) => state.status === 'open' && errors.push(state.error))
  expect((await subscription.once('message')).data).toBe(2)
  expect(errors).toEqual([undefined, expect.objectContaining({ code: 'payload-not-decodable', raw: 'plain text' })])
  expect(errors[1]!.message).toMatch(
    /^data of "message" cannot be decoded: .+; JSON was expected, text\(\) takes any text$/,
  )
})

it('reports it to the page by reportError', async () => {
  const reported: unknown[] = []
  vi.stubGlobal('location', new URL('http://page.test/'))
  vi.stubGlobal('reportError', (error: unknown) => reported.push(error))
  onTestFinished(() => void vi.unstubAllGlobals())
  const { url } = await rawServer(stream(event('message', 'plain text'), 'data: 2\n\n'))
  await subscribed(url).once('message')
  expect(reported).toEqual([expect.objectContaining({ code: 'payload-not-decodable' })])
})

it('ends only the loops that asked for the name', async () => {
  const { url } = await rawServer(stream(event('ping', 'plain text'), 'data: 1\n\n'))
  const subscription = subscribed(url)
  const pings = subscription.events('ping')[Symbol.asyncIterator]()
  const messages = subscription.events('message')[Symbol.asyncIterator]()
  await expect(pings.next()).rejects.toMatchObject({ code: 'payload-not-decodable', type: 'ping' })
  expect((await messages.next()).value).toMatchObject({ data: 1 })
  expect(subscription.status).toBe('open')
  expect(subscription.state.get()).not.toHaveProperty('error')
})

it('ends no loop when onError receives it', async () => {
  const { url } = await rawServer(stream(event('message', 'plain text'), 'data: 2\n\n'))
  const subscription = subscribed(url)
  const errors = errorsOf(subscription)
  for await (const { data } of subscription) {
    expect(data).toBe(2)
    break
  }
  expect(errors.map(({ code }) => code)).toEqual(['payload-not-decodable'])
})

it('readEvents() goes on behind an event that its map does not name', async () => {
  const { url } = await rawServer(ended(event('ping', 'plain text'), event('message', '1')))
  const seen: unknown[] = []
  const events = defineEvents({ message: json<number>() })
  for await (const { data } of readEvents(await fetch(url), { events })) seen.push(data)
  expect(seen).toEqual([1])
})

it('readEvents() without a map says that it expected JSON, and what reads text', async () => {
  const { url } = await rawServer(ended(event('log', 'plain text')))
  const [first] = [readEvents<{ log: string }>(await fetch(url))]
  await expect(first!.next()).rejects.toMatchObject({
    code: 'payload-not-decodable',
    raw: 'plain text',
    message: expect.stringContaining('text()'),
  })
})

it.each(['9007199254740993', '-9007199254740993', '12345678901234567890', '1'.repeat(400)])(
  'refuses the bare number %s, which JSON.parse would change',
  async (digits) => {
    const { url } = await rawServer(stream(`data: ${digits}\n\ndata: 1\n\n`))
    const subscription = subscribed(url)
    const errors = errorsOf(subscription)
    expect((await subscription.once('message')).data).toBe(1)
    expect(errors[0]).toMatchObject({ code: 'payload-not-decodable', raw: digits })
    expect(errors[0]!.message).toContain('text()')
  },
)

it.each([
  ['json()', defineEvents({ message: json<number>() })],
  ['a schema', defineEvents({ message: z.number() })],
])('refuses it with %s, too', async (_, events) => {
  const { url } = await rawServer(stream('data: 9007199254740993\n\ndata: 1\n\n'))
  const subscription = subscribed(url, { events })
  const errors = errorsOf(subscription)
  expect((await subscription.once('message')).data).toBe(1)
  expect(errors[0]).toMatchObject({ code: 'payload-not-decodable', message: expect.stringContaining('text()') })
})

it.each([2 ** 53 - 1, -(2 ** 53), 2 ** 60, 1e21, 1e300, 0.1 + 0.2, -0])('takes the number %d', async (value) => {
  const { url } = await rawServer(stream(`data: ${JSON.stringify(value)}\n\n`))
  expect((await subscribed(url).once('message')).data).toBe(JSON.parse(JSON.stringify(value)))
})
