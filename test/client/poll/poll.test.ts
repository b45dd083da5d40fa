// Behind a proxy that holds streams back, `fallback: poll()` reads the same events page by page, and streams again when streams pass:
// nothing is lost, nothing comes twice, and gaps, ends, ids and states are those of a stream.
import { createServer } from 'node:http'
import { setImmediate as immediate } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import type { SubscribeOptions, Subscription } from '../../../src/client/index.ts'
import { poll } from '../../../src/client/poll/index.ts'
import { traceparents } from '../../../src/otel/index.ts'
import { createChannel, type EventLog, memoryLog, type ReaderOptions } from '../../../src/server/index.ts'
import { respond } from '../../../src/server/node/index.ts'
import { pages } from '../../../src/server/pages/index.ts'
import { listen } from '../../node/listen.ts'
import { nextError, subscribed } from '../collect.ts'
import { rawServer, respondWith } from '../raw-server.ts'
import { holdingProxy } from './holding-proxy.ts'

interface Events {
  n: number
}

const RETRY = { min: 1, max: 100 } as const
/** For streams that pass: on a busy machine a first byte takes longer than the 50 ms of the others. */
const PATIENT = { timeout: 30_000 }

/** A channel behind a proxy that holds streams back. */
async function scene(options: ReaderOptions<Events> = {}, log = memoryLog(), wait = 20_000) {
  const open = (log: EventLog) => createChannel<Events>({ log, poll: pages({ wait }) })
  const server = { channel: open(log), requests: 0, headers: [] as (string | undefined)[] }
  const port = await listen(
    createServer((req, res) => {
      server.requests++
      server.headers.push(req.headers.authorization)
      respond(server.channel, req, res, options)
    }),
  )
  const proxy = await holdingProxy(() => port)
  onTestFinished(() => server.channel.close())
  return { server, proxy, open }
}

const follow = (
  url: string,
  options: SubscribeOptions<Events> = {},
  settings: Parameters<typeof poll>[0] = { timeout: 50 },
) => subscribed<Events>(url, { retry: RETRY, ...options, fallback: poll(settings) })

/** The payloads of a subscription, as they come. */
function numbersOf(subscription: Subscription<Events>): number[] {
  const numbers: number[] = []
  subscription.on('n', (n) => numbers.push(n))
  return numbers
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index)

it('polls after two mute connections, and receives everything', async () => {
  const { server, proxy } = await scene({ from: 'start' })
  const errors: string[] = []
  const subscription = follow(proxy.url)
  subscription.onError(({ code, willRetry }) => errors.push(`${code} ${willRetry}`))
  const numbers = numbersOf(subscription)
  for (const n of upTo(3)) await server.channel.publish('n', n)
  await expect.poll(() => numbers).toEqual(upTo(3))
  expect(errors).toEqual(['idle true'])
  expect(proxy.queries.find((query) => query !== '')).toBe('?live=long-poll&offset=begin')
  const cursor = await server.channel.publish('n', 3)
  await expect.poll(() => numbers).toEqual(upTo(4))
  expect(subscription.lastEventId).toBe(cursor)
  expect(subscription.state.get()).toMatchObject({ status: 'open', url: expect.stringContaining('live=long-poll') })
})

it('never polls where streams pass, however quiet they are', async () => {
  const { server, proxy } = await scene()
  proxy.holds = false
  const subscription = follow(proxy.url, {}, PATIENT)
  const numbers = numbersOf(subscription)
  await expect.poll(() => subscription.state.get().status).toBe('open')
  for (const n of upTo(3)) {
    proxy.cut()
    await expect.poll(() => server.requests).toBe(n + 2)
  }
  await expect.poll(() => server.channel.size).toBe(1)
  server.channel.publish('n', 1)
  await expect.poll(() => numbers).toEqual([1])
  expect(proxy.queries.filter((query) => query.includes('offset'))).toEqual([])
})

it('continues from the cursor that a stream has reached, past events that it does not receive', async () => {
  const { server, proxy } = await scene({ filter: ({ data }) => data % 10 === 0 })
  proxy.holds = false
  const subscription = follow(proxy.url)
  const numbers = numbersOf(subscription)
  await expect.poll(() => subscription.state.get().status).toBe('open')
  await server.channel.publish('n', 0)
  await expect.poll(() => numbers).toEqual([0])
  proxy.holds = true
  proxy.cut()
  for (let n = 1; n <= 20; n++) server.channel.publish('n', n)
  await expect.poll(() => numbers).toEqual([0, 10, 20])
  server.channel.publish('n', 21)
  const cursor = await server.channel.cursor()
  await expect.poll(() => subscription.lastEventId).not.toBe('')
  server.channel.publish('n', 30)
  await expect.poll(() => numbers).toEqual([0, 10, 20, 30])
  expect(subscription.lastEventId > cursor).toBe(true)
})

it('streams again once streams pass, and polls after one mute connection from then on', async () => {
  const { server, proxy } = await scene({ from: 'start' })
  const subscription = follow(proxy.url, {}, { timeout: 50, streamAfter: 100 })
  const numbers = numbersOf(subscription)
  await server.channel.publish('n', 0)
  await expect.poll(() => numbers).toEqual([0])
  proxy.holds = false
  let count = 1
  const isStreaming = () => /^[^?]+$/.test((subscription.state.get() as { url?: string }).url ?? '?')
  for (; !isStreaming() && count < 5_000; count++) {
    server.channel.publish('n', count)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  expect(isStreaming()).toBe(true)
  await server.channel.publish('n', count++)
  await expect.poll(() => numbers).toEqual(upTo(count))
  proxy.holds = true
  proxy.cut()
  await server.channel.publish('n', count++)
  await expect.poll(() => numbers).toEqual(upTo(count))
  expect(isStreaming()).toBe(false)
})

it('reports gaps, and goes on behind them', async () => {
  const { server, proxy } = await scene({}, memoryLog({ maxEvents: 2 }))
  const subscription = follow(proxy.url)
  const numbers = numbersOf(subscription)
  const gaps: (string | undefined)[] = []
  subscription.onGap(({ reason }) => gaps.push(reason))
  await expect.poll(() => subscription.state.get().status).toBe('open')
  subscription.pause()
  for (const n of upTo(5)) server.channel.publish('n', n)
  subscription.resume()
  await expect.poll(() => numbers).toEqual([3, 4])
  expect(gaps).toEqual(['trimmed'])
})

it('reports a cursor of another server as a gap', async () => {
  const { server, proxy } = await scene()
  const subscription = follow(proxy.url, { lastEventId: '7' })
  const gap = new Promise((resolve) => subscription.onGap(resolve))
  expect(await gap).toMatchObject({ reason: 'malformed' })
  const numbers = numbersOf(subscription)
  await server.channel.publish('n', 1)
  await expect.poll(() => numbers).toEqual([1])
})

it('begins with the snapshot, and again after the server has restarted', async () => {
  let state = 0
  const { server, proxy, open } = await scene({ snapshot: (stream) => stream.send('n', state) })
  const subscription = follow(proxy.url)
  const numbers = numbersOf(subscription)
  const gaps: (string | undefined)[] = []
  subscription.onGap(({ reason }) => gaps.push(reason))
  await expect.poll(() => numbers).toEqual([0])
  state = 5
  await server.channel.close({ retry: 0 })
  server.channel = open(memoryLog())
  await expect.poll(() => numbers).toEqual([0, 5])
  expect(gaps).toEqual(['epoch'])
  await server.channel.publish('n', 6)
  await expect.poll(() => numbers).toEqual([0, 5, 6])
})

it('brings the trace context of events', async () => {
  const { server, proxy } = await scene({ from: 'start' })
  const subscription = follow(proxy.url)
  const traceparentOf = traceparents(subscription)
  const traces: (string | undefined)[] = []
  subscription.on('n', (_, event) => traces.push(traceparentOf(event)))
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  await server.channel.publish('n', 0, { traceparent })
  await server.channel.publish('n', 1)
  await expect.poll(() => traces).toEqual([traceparent, undefined])
})

it('closes finally when the log ends', async () => {
  const { server, proxy } = await scene({ from: 'start' })
  const subscription = follow(proxy.url)
  const numbers = numbersOf(subscription)
  await server.channel.publish('n', 0)
  await expect.poll(() => numbers).toEqual([0])
  server.channel.publish('n', 1)
  void server.channel.close({ final: true })
  expect(await subscription.closed).toMatchObject({ reason: 'server', end: 'final' })
  expect(numbers).toEqual([0, 1])
})

it('asks the URL and the headers anew for every page', async () => {
  const { server, proxy } = await scene({ from: 'start' }, memoryLog(), 20)
  let token = 0
  follow(proxy.url, { headers: () => ({ Authorization: `token ${token++}` }) })
  await expect.poll(() => server.headers.length).toBeGreaterThan(3)
  expect(server.headers.slice(0, 4)).toEqual(['token 0', 'token 1', 'token 2', 'token 3'])
})

it('makes no connection for an attempt that is over before its request is sent', async () => {
  const { server, proxy } = await scene({ from: 'start' })
  proxy.holds = false
  const subscription = follow(proxy.url)
  const numbers = numbersOf(subscription)
  await server.channel.publish('n', 0)
  for (let turns = 0; turns < 30; turns++) {
    for (let turn = 0; turn < turns; turn++) await Promise.resolve()
    subscription.reconnect()
  }
  await expect.poll(() => numbers).toEqual([0])
  await expect.poll(() => server.channel.size).toBe(1)
  expect(numbers).toEqual([0])
})

it('leaves at once: close() and pause() end the poll', async () => {
  const { server, proxy } = await scene()
  const subscription = follow(proxy.url)
  await expect.poll(() => subscription.state.get().status).toBe('open')
  await expect.poll(() => server.channel.size).toBe(1)
  subscription.pause()
  await expect.poll(() => server.channel.size).toBe(0)
  subscription.resume()
  await expect.poll(() => server.channel.size).toBe(1)
  subscription.close()
  await expect.poll(() => server.channel.size).toBe(0)
})

it('does not consume pages faster than a loop consumes events', async () => {
  const { server, proxy } = await scene({ from: 'start' })
  const subscription = follow(proxy.url)
  const seen: number[] = []
  for (const n of upTo(200)) server.channel.publish('n', n)
  for await (const { data } of subscription.events('n')) {
    seen.push(data)
    if (data === 50) server.channel.publish('n', 200)
    if (data === 200) break
  }
  expect(seen).toEqual(upTo(201))
})

it('waits between empty pages, whoever answers them', async () => {
  const { server, proxy } = await scene({}, memoryLog(), 1)
  const subscription = follow(proxy.url)
  await expect.poll(() => subscription.state.get().status).toBe('open')
  const [before, since] = [server.requests, Date.now()]
  await new Promise((resolve) => setTimeout(resolve, 300))
  // One is under way, and one may follow in each second.
  expect(server.requests - before).toBeLessThanOrEqual(1 + Math.ceil((Date.now() - since) / 1_000))
})

/** The response of a server or a cache that always says the same. */
const pageOf = (status: number, next: string, messages: object[]) =>
  new Response(JSON.stringify(messages), { status, headers: { 'Stream-Next-Offset': next } })

it.each([
  ['repeats its events', () => pageOf(200, 'abc.00000000001', [{ type: 'n', id: 'abc.1', data: '1' }]), [1]],
  ['is empty', () => pageOf(200, 'abc.00000000001', []), []],
  // Two processes with a log in memory each.
  ['is a gap', (count: number) => pageOf(410, `${count % 2}a.00000000001`, []), []],
  [
    'is a gap before another page',
    (count: number) => pageOf(count % 2 ? 410 : 200, `${count}a.00000000001`, [{ type: 'n', id: '', data: '2' }]),
    undefined,
  ],
] as const)('is not asked without pause for a page that %s', async (_, page, expected) => {
  const { proxy } = await scene()
  let count = 0
  const subscription = follow(proxy.url, {
    fetch: (url, init) => (url.includes('offset') ? immediate(page(count++)) : fetch(url, init as RequestInit)),
  })
  const numbers = numbersOf(subscription)
  await expect.poll(() => count).toBeGreaterThan(1)
  const [before, since] = [count, Date.now()]
  await new Promise((resolve) => setTimeout(resolve, 300))
  // Two follow a gap at once, and two more may do so in each second.
  expect(count - before).toBeLessThanOrEqual(2 + 2 * Math.ceil((Date.now() - since) / 1_000))
  if (expected) expect(numbers).toEqual(expected)
})

it('says so when the server has no pages, and streams on', async () => {
  const server = await rawServer(
    () => {},
    () => {},
    respondWith(200, 'data: 1\n\n', { 'Content-Type': 'text/event-stream' }),
    () => {},
  )
  const subscription = follow(server.url)
  const messages: string[] = []
  subscription.onError(({ message }) => messages.push(message))
  await server.request(4)
  await expect.poll(() => messages.length).toBeGreaterThan(1)
  expect(messages[1]).toContain('poll: pages()')
  expect(new URL(server.requests[3]!.url!, server.url).search).toBe('')
})

it.each([
  [503, true],
  [429, true],
  [403, false],
])('after a %i it retries: %s, as a stream does', async (status, willRetry) => {
  const { proxy } = await scene({ from: 'start' })
  const refused = new Response(null, { status, headers: { 'Retry-After': '0' } })
  const subscription = follow(proxy.url, {
    fetch: (url, init) => (url.includes('offset') ? Promise.resolve(refused) : fetch(url, init as RequestInit)),
  })
  let error = await nextError(subscription)
  while (error.code === 'idle') error = await nextError(subscription)
  expect(error).toMatchObject({ code: 'http-status', status, willRetry })
})

it('refreshes a token for each page that is refused', async () => {
  const { server, proxy } = await scene({ from: 'start' })
  let [pages, refreshed] = [0, 0]
  const subscription = follow(proxy.url, {
    onUnauthorized: () => void refreshed++,
    fetch: (url, init) =>
      url.includes('offset') && pages++ % 2 === 0
        ? Promise.resolve(new Response(null, { status: 401 }))
        : fetch(url, init as RequestInit),
  })
  const numbers = numbersOf(subscription)
  for (const n of upTo(3)) {
    await server.channel.publish('n', n)
    await expect.poll(() => numbers).toEqual(upTo(n + 1))
  }
  expect(refreshed).toBeGreaterThan(2)
})

it.each([{ timeout: 0 }, { timeout: '1s' as never }, { streamAfter: Number.NaN }, { streamAfter: 3e9 }])(
  'poll(%o) throws',
  (settings) => {
    expect(() => poll(settings)).toThrow(expect.objectContaining({ code: 'invalid-option' }))
  },
)
