// A Prometheus scrape of OpenTelemetry's own SDK has what streams, channels and subscriptions did.
import { metrics } from '@opentelemetry/api'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { subscribe } from '../../src/client/index.ts'
import { type InstrumentOptions, instrument } from '../../src/otel/index.ts'
import { createChannel, createChannels, createStream, memoryLog } from '../../src/server/index.ts'
import { createTestServer } from '../../src/testing/index.ts'
import { ChannelClient, requestAfter } from '../server/channel/channel-client.ts'
import { startPrometheus } from './prometheus.ts'

type Events = { message: string }

const KIB = 'x'.repeat(1024)
const ORDERS = 'eventwire_channel_name="orders"'

let prometheus: Awaited<ReturnType<typeof startPrometheus>>
let stops: (() => void)[]

beforeEach(async () => {
  prometheus = await startPrometheus()
  stops = []
})
afterEach(async () => {
  for (const stop of stops) stop()
  await prometheus.stop()
})

function measure(options: InstrumentOptions = {}): void {
  stops.push(instrument({ meter: prometheus.meter, ...options }))
}

async function connect(channel: { response(request: Request, options?: object): Response }, cursor = '', options = {}) {
  const client = new ChannelClient(channel.response(requestAfter(cursor), options))
  stops.push(() => void client.disconnect())
  await client.take()
  return client
}

describe('streams', () => {
  it('are active, opened, and closed by reason, with how long they were open', async () => {
    measure()
    const [first, second] = [createStream<Events>(requestAfter()), createStream<Events>(requestAfter())]
    createStream<Events>(requestAfter('sse:end'))
    first.close()
    const { value, types } = await prometheus.scrape()
    expect(types.get('eventwire_server_streams_active')).toBe('gauge')
    expect(value('eventwire_server_streams_active')).toBe(1)
    expect(value('eventwire_server_streams_opened_total')).toBe(3)
    expect(value('eventwire_server_streams_closed_total', 'eventwire_close_reason="server"')).toBe(1)
    expect(value('eventwire_server_streams_closed_total', 'eventwire_close_reason="final"')).toBe(1)
    expect(value('eventwire_server_stream_duration_count', 'eventwire_close_reason="server"')).toBe(1)
    second.close()
    expect((await prometheus.scrape()).value('eventwire_server_streams_active')).toBe(0)
  })

  it('that were open before do not make the active ones negative', async () => {
    const stream = createStream<Events>(requestAfter())
    measure()
    createStream<Events>(requestAfter()).close()
    stream.close()
    const { value } = await prometheus.scrape()
    expect(value('eventwire_server_streams_active')).toBe(0)
    expect(value('eventwire_server_streams_closed_total', 'eventwire_close_reason="server"')).toBe(2)
  })

  it('that are open when measuring starts anew count as active no longer', async () => {
    const stop = instrument({ meter: prometheus.meter })
    const streams = [1, 2, 3].map(() => createStream<Events>(requestAfter()))
    streams[0]!.close()
    stop()
    measure()
    streams.push(createStream<Events>(requestAfter()))
    expect((await prometheus.scrape()).value('eventwire_server_streams_active')).toBe(1)
    for (const stream of streams) stream.close()
    expect((await prometheus.scrape()).value('eventwire_server_streams_active')).toBe(0)
  })

  it('have the events and bytes that they say when they close', async () => {
    measure()
    const streams = [1, 2].map(() => createStream<Events>(requestAfter()))
    for (const stream of streams) for (const text of ['one', 'two']) stream.send('message', text)
    for (const stream of streams) stream.close()
    const closed = await Promise.all(streams.map((stream) => stream.closed))
    const { value } = await prometheus.scrape()
    expect(value('eventwire_server_events_delivered_total')).toBe(4)
    expect(value('eventwire_server_io_total')).toBe(closed[0]!.bytes + closed[1]!.bytes)
  })
})

describe('channels', () => {
  it('have published and replayed events, and the lag of each publication', async () => {
    const orders = createChannel<Events>()
    measure({ channels: { orders } })
    for (const text of ['one', 'two', 'three']) await orders.publish('message', text)
    const client = await connect(orders, '', { from: 'start' })
    await client.until(({ events }) => events.length === 3)
    await orders.publish('message', 'four')
    await client.until(({ events }) => events.length === 4)
    const { value, types } = await prometheus.scrape()
    expect(value('eventwire_server_events_published_total', ORDERS)).toBe(4)
    expect(value('eventwire_server_events_replayed_total', ORDERS)).toBe(3)
    expect(value('eventwire_server_events_delivered_total')).toBe(4)
    expect(types.get('eventwire_server_publish_lag')).toBe('histogram')
    expect(value('eventwire_server_publish_lag_count', ORDERS)).toBe(4)
    expect(value('eventwire_server_publish_lag_bucket', `${ORDERS},le="10"`)).toBe(4)
  })

  it('have gaps by reason, and events that the log did not append', async () => {
    const orders = createChannel<Events>({ log: memoryLog({ maxBytes: 2048 }) })
    measure({ channels: { orders } })
    await connect(orders, 'zz.1')
    await expect(orders.publish('message', KIB + KIB)).rejects.toMatchObject({ code: 'event-too-large' })
    const { value } = await prometheus.scrape()
    expect(value('eventwire_server_gaps_total', `${ORDERS},eventwire_gap_reason="epoch"`)).toBe(1)
    expect(value('eventwire_server_publish_failures_total', `error_type="event-too-large",${ORDERS}`)).toBe(1)
  })

  it('have readers at the head and behind, bytes that wait, and the size of the log', async () => {
    const orders = createChannel<Events>()
    measure({ channels: { orders } })
    await connect(orders)
    for (let count = 0; count < 512; count++) await orders.publish('message', KIB)
    await connect(orders)
    const { value } = await prometheus.scrape()
    expect(value('eventwire_channel_readers', `${ORDERS},eventwire_reader_state="live"`)).toBe(1)
    expect(value('eventwire_channel_readers', `${ORDERS},eventwire_reader_state="behind"`)).toBe(1)
    expect(value('eventwire_channel_buffered', ORDERS)).toBeGreaterThan(64 * 1024)
    expect(value('eventwire_channel_log_entries', ORDERS)).toBe(512)
    expect(value('eventwire_channel_log_size', ORDERS)).toBe(orders.stats().log!.bytes)
  })

  it('of a registry are added up under one name', async () => {
    const rooms = createChannels<Events>()
    measure({ channels: { rooms } })
    for (const id of ['attic', 'cellar']) {
      await rooms.get(id).publish('message', 'hello')
      await connect(rooms.get(id))
    }
    const { value, samples } = await prometheus.scrape()
    const name = 'eventwire_channel_name="rooms"'
    expect(value('eventwire_channel_readers', `${name},eventwire_reader_state="live"`)).toBe(2)
    expect(value('eventwire_channel_log_entries', name)).toBe(2)
    expect(samples.get('eventwire_server_events_published_total')).toEqual([[name, 2]])
    await rooms.close()
  })

  it('of a registry are found without a walk through all of them', async () => {
    const rooms = createChannels<Events>()
    measure({ channels: { rooms } })
    for (const id of ['attic', 'cellar']) rooms.get(id)
    const walk = vi.spyOn(rooms, Symbol.iterator)
    for (const id of ['attic', 'cellar', 'porch']) await rooms.get(id).publish('message', 'hello')
    expect(walk).not.toHaveBeenCalled()
    const { samples } = await prometheus.scrape()
    expect(samples.get('eventwire_server_events_published_total')).toEqual([['eventwire_channel_name="rooms"', 3]])
    await rooms.close()
  })

  it('without a name count without a label', async () => {
    measure()
    await createChannel<Events>().publish('message', 'hello')
    await createChannel<Events>().publish('message', 'hello')
    const { samples } = await prometheus.scrape()
    expect(samples.get('eventwire_server_events_published_total')).toEqual([['', 2]])
    expect(samples.has('eventwire_channel_readers')).toBe(false)
  })
})

it('subscriptions have their retries by error', async () => {
  measure()
  const server = createTestServer<Events>()
  const subscription = subscribe<Events>('https://example.com/events', { fetch: server.fetch, retry: () => 5 })
  ;(await server.connection()).respond(503)
  await server.connection()
  subscription.close()
  expect((await prometheus.scrape()).value('eventwire_client_retries_total', 'error_type="http-status"')).toBe(1)
})

describe('instrument()', () => {
  it('stops on request, and its gauges with it', async () => {
    const orders = createChannel<Events>()
    const stop = instrument({ meter: prometheus.meter, channels: { orders } })
    await orders.publish('message', 'one')
    stop()
    await orders.publish('message', 'two')
    const { samples } = await prometheus.scrape()
    expect(samples.has('eventwire_channel_readers')).toBe(false)
    expect(samples.get('eventwire_server_publish_lag_count')).toEqual([[ORDERS, 1]])
  })

  it('takes a meter of the API without an SDK', () => {
    instrument({ meter: metrics.getMeter('eventwire') })()
  })

  it.each([
    [{}, 'meter is undefined; give a meter, a tracer, or both'],
    [{ meter: {} }, 'meter is [object Object]; give a Meter of OpenTelemetry'],
    [{ tracer: {} }, 'tracer is [object Object]; give a Tracer of OpenTelemetry'],
    [
      { meter: metrics.getMeter('eventwire'), traceparent: true },
      'traceparent is true; give true or false, and a tracer',
    ],
    [{ meter: metrics.getMeter('eventwire'), channels: { orders: {} } }, 'channels.orders is [object Object]'],
    [{ meter: metrics.getMeter('eventwire'), channels: { orders: 'orders' } }, 'channels.orders is "orders"; give a'],
    [{ meter: metrics.getMeter('eventwire'), channels: { orders: new Set([1]) } }, 'channels.orders is [object Set]'],
    [{ meter: metrics.getMeter('eventwire'), onError: 'log' }, 'onError is "log"; give a function'],
    [undefined, 'options is undefined; give an object'],
  ])('refuses %o', (options, message) => {
    expect(() => instrument(options as never)).toThrow(message)
  })
})
