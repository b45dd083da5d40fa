// A publication is a span of OpenTelemetry's own SDK, and its context reaches listeners, live and replayed, on every log.
import { DatabaseSync } from 'node:sqlite'
import { context, ProxyTracerProvider, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { createParser as createForeignParser } from 'eventsource-parser'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { subscribe } from '../../src/client/index.ts'
import type { Message } from '../../src/index.ts'
import { type InstrumentOptions, instrument, traceparents } from '../../src/otel/index.ts'
import {
  createChannel,
  createStream,
  type EventLog,
  type LogEntry,
  memoryLog,
  type Page,
} from '../../src/server/index.ts'
import { sqliteLog } from '../../src/server/log/sqlite/index.ts'
import { pages } from '../../src/server/pages/index.ts'
import { ChannelClient, requestAfter } from '../server/channel/channel-client.ts'

type Events = { message: string }

const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const OTHER = '00-0af7651916cd43dd8448eb211c80319d-b7ad6b7169203332-00'
const exporter = new InMemorySpanExporter()
const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
const tracer = provider.getTracer('test')

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
})
afterEach(() => exporter.reset())
afterAll(() => {
  context.disable()
  propagation.disable()
})

/** Publishes an event while this measures, and checks that a client receives no trace context. */
async function checkNoContext(options: InstrumentOptions): Promise<void> {
  const channel = createChannel<Events>()
  const stop = instrument(options)
  await channel.publish('message', 'hello')
  stop()
  const client = new ChannelClient(channel.response(requestAfter(), { from: 'start' }))
  await client.until(({ events }) => events.length === 1)
  expect(client.comments).toEqual(['heartbeat=15000'])
  await client.disconnect()
}

describe('a publication', () => {
  it('is a span within the active one, from publish() until it was written', async () => {
    const orders = createChannel<Events>()
    const stop = instrument({ tracer, channels: { orders } })
    const cursor = await tracer.startActiveSpan('request', async (span) => {
      const published = await orders.publish('message', 'hello')
      span.end()
      return published
    })
    stop()
    const [publication, request] = exporter.getFinishedSpans()
    expect(publication).toMatchObject({ name: 'publish orders', kind: SpanKind.PRODUCER })
    expect(publication!.parentSpanContext?.spanId).toBe(request!.spanContext().spanId)
    expect(publication!.attributes).toEqual({
      'messaging.system': 'eventwire',
      'messaging.operation.type': 'send',
      'messaging.operation.name': 'publish',
      'messaging.destination.name': 'orders',
      'messaging.message.id': cursor,
      'eventwire.event.name': 'message',
    })
  })

  it('that the log refuses is a span with the error', async () => {
    const channel = createChannel<Events>({ log: memoryLog({ maxBytes: 64 }) })
    const stop = instrument({ tracer })
    await expect(channel.publish('message', 'x'.repeat(100))).rejects.toThrow()
    stop()
    const [span] = exporter.getFinishedSpans()
    expect(span!.status.code).toBe(SpanStatusCode.ERROR)
    expect(span!.attributes['error.type']).toBe('event-too-large')
  })

  it('carries no trace context unless it is asked to', () => checkNoContext({ tracer }))
})

it('the listener of a client continues the trace of the publication', async () => {
  const channel = createChannel<Events>()
  const stop = instrument({ tracer, traceparent: true })
  const fetch = async (url: string, init: object) => channel.response(new Request(url, init))
  const subscription = subscribe<Events>('https://example.com/events', { fetch: fetch as never })
  const traceparentOf = traceparents(subscription)
  const received = new Promise<void>((resolve) =>
    subscription.on('message', (_, event) => {
      const parent = propagation.extract(context.active(), { traceparent: traceparentOf(event) })
      tracer.startSpan('show', {}, parent).end()
      resolve()
    }),
  )
  await expect.poll(() => channel.stats().live).toBe(1)
  await channel.publish('message', 'hello')
  await received
  subscription.close()
  stop()
  const spans = exporter.getFinishedSpans()
  const [publish, show] = ['publish channel', 'show'].map((name) => spans.find((span) => span.name === name)!)
  expect(show!.spanContext().traceId).toBe(publish!.spanContext().traceId)
  expect(show!.parentSpanContext?.spanId).toBe(publish!.spanContext().spanId)
  expect(trace.isSpanContextValid(show!.spanContext())).toBe(true)
})

const LOGS: Record<string, () => EventLog> = {
  'memoryLog()': () => memoryLog(),
  'sqliteLog()': () => sqliteLog({ database: new DatabaseSync(':memory:'), key: 'traced' }),
}

describe.each(Object.entries(LOGS))('a traceparent in %s', (_, open) => {
  it('stands before its event as a comment with the id, live and replayed, with topics and keys', async () => {
    const log = open()
    const channel = createChannel<Events>({ log })
    const live = new ChannelClient(channel.response(requestAfter(), { topics: ['a', 'b'] }))
    await live.take()
    const first = await channel.publish('message', 'one', { traceparent: PARENT, topics: ['a'] })
    await channel.publish('message', 'two', { topics: ['b'] })
    const third = await channel.publish('message', 'three', { traceparent: OTHER, topics: ['a', 'b'], key: 'k' })
    await channel.publish('message', 'none')
    const expected = ['heartbeat=15000', `traceparent: ${first} ${PARENT}`, `traceparent: ${third} ${OTHER}`]
    await live.until(({ events }) => events.length === 3)
    expect(live.comments).toEqual(expected)
    const replay = new ChannelClient(channel.response(requestAfter(), { topics: ['a', 'b'], from: 'start' }))
    await replay.until(({ events }) => events.length === 3)
    expect(replay.comments).toEqual(expected)
    const facts = ({ data, topics, id }: Message) => ({ data, topics, id })
    expect(replay.events.map(facts)).toEqual(live.events.map(facts))
    expect(live.events.map(({ topics }) => topics)).toEqual([['a'], ['b'], ['a', 'b']])
    await Promise.all([live.disconnect(), replay.disconnect()])
    log.close()
  })

  it('is a member of the message in a page', async () => {
    const log = open()
    const channel = createChannel<Events>({ log, poll: pages() })
    await channel.publish('message', 'one', { traceparent: PARENT })
    await channel.publish('message', 'two')
    const page = await channel.response(new Request('http://localhost/?offset=-1'))
    const messages: { traceparent?: string }[] = await page.json()
    expect(messages.map(({ traceparent }) => traceparent)).toEqual([PARENT, undefined])
    log.close()
  })
})

it('clients that know nothing of it read the same events, without a word of it', async () => {
  const channel = createChannel<Events>()
  await channel.publish('message', 'one', { traceparent: PARENT })
  await channel.publish('message', 'two')
  const read = async (controls: 'events' | 'comments') => {
    const stream = createStream<Events>(requestAfter(), { controls })
    channel.subscribe(stream, { from: 'start' })
    await expect.poll(() => channel.stats().live).toBe(1)
    stream.close()
    const text = await stream.response.text()
    expect(text).toContain(PARENT)
    const [events, errors]: [string[], unknown[]] = [[], []]
    const parser = createForeignParser({
      onEvent: ({ data }) => events.push(data),
      onError: (error) => errors.push(error),
    })
    parser.feed(text)
    return { events, errors }
  }
  expect(await read('comments')).toEqual({ events: ['"one"', '"two"'], errors: [] })
  expect((await read('events')).events.filter((data) => data !== '{}')).toEqual(['"one"', '"two"'])
})

it.each([
  '00-1',
  '00-a-b-101',
  PARENT.replace('0af7', '0af'),
  PARENT.replace('b7ad', 'b7ad0'),
  PARENT.replace(/-\w{32}-/, `-${'0'.repeat(32)}-`),
  PARENT.replace(/-\w{16}-/, `-${'0'.repeat(16)}-`),
  PARENT.replace('00-', 'ff-'),
  `${PARENT}-00`,
  `${PARENT}\ndata: forged`,
  '',
  PARENT.toUpperCase(),
  7,
])('publish() refuses the traceparent %j', (traceparent) => {
  const channel = createChannel<Events>()
  expect(() => channel.publish('message', 'hello', { traceparent: traceparent as string })).toThrow(
    expect.objectContaining({ code: 'invalid-option' }),
  )
})

it('a comment of a user cannot pretend to be one', () => {
  const stream = createStream<Events>()
  expect(() => stream.comment(`traceparent: x.1 ${PARENT}`)).toThrow('"traceparent:"; that prefix is reserved')
  stream.close()
})

it('the context of a tracer without an SDK is not one, and is left out', () =>
  checkNoContext({ tracer: new ProxyTracerProvider().getTracer('none'), traceparent: true }))

it('a custom log that returns a forged one does not forge a field', async () => {
  const kept = memoryLog()
  const forge = (entries: readonly LogEntry[]) =>
    entries.map(({ type, data, cursor }) => ({ type, data, cursor, traceparent: `${PARENT}\ndata: forged` }))
  const log: EventLog = {
    append: (entries, options) => kept.append(entries, options),
    read: (after, limit, options) => {
      const page = kept.read(after, limit, options) as Page
      return { ...page, entries: forge(page.entries) }
    },
    follow: (onEntries, onLost) => kept.follow((entries) => onEntries(forge(entries)), onLost),
    close: () => kept.close(),
  }
  const channel = createChannel<Events>({ log })
  await channel.publish('message', 'hello')
  const client = new ChannelClient(channel.response(requestAfter(), { from: 'start' }))
  await client.until(({ events }) => events.length === 1)
  expect(client.payloads).toEqual(['hello'])
  expect(client.comments).toEqual(['heartbeat=15000'])
  await client.disconnect()
  const polled = createChannel<Events>({ log, poll: pages() })
  expect(await (await polled.response(new Request('http://localhost/?offset=-1'))).text()).not.toContain('forged')
})
