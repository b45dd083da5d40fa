// A meter or a tracer that throws disturbs no stream, and is reported where the errors of the channel are reported.
import { describe, expect, it } from 'vitest'
import { instrument } from '../../src/otel/index.ts'
import { createChannel, memoryLog } from '../../src/server/index.ts'
import { ChannelClient, requestAfter } from '../server/channel/channel-client.ts'

type Events = { message: string }

const fail = () => {
  throw new Error('the meter is broken')
}
const broken = { add: fail, record: fail, addCallback: fail, removeCallback: fail }

/** Meters that throw when a metric is created, and when it is used. */
type MeterLike = NonNullable<Parameters<typeof instrument>[0]['meter']>

const METERS: Record<string, MeterLike> = {
  'when a metric is created': new Proxy({} as MeterLike, { get: () => fail }),
  'when a metric is used': new Proxy({} as MeterLike, { get: () => () => broken }),
  'because it creates nothing': new Proxy({} as MeterLike, { get: () => () => undefined as never }),
}

/** Publishes two events to a client that first has a gap, and returns what it received. */
async function run(channel: ReturnType<typeof createChannel<Events>>) {
  const client = new ChannelClient(channel.response(requestAfter('zz.1')))
  await channel.publish('message', 'one')
  await channel.publish('message', 'two')
  await client.until(({ events }) => events.length === 2)
  await client.disconnect()
  return client.payloads
}

describe.each(Object.entries(METERS).slice(0, 2))('a meter that throws %s', (_, meter) => {
  it('disturbs no stream, and the channel reports each metric once', async () => {
    const messages: string[] = []
    const channel = createChannel<Events>()
    channel.onError(({ code, message }) => messages.push(`${code}: ${message}`))
    const stop = instrument({ meter, channels: { orders: channel } })
    expect(await run(channel)).toEqual(['one', 'two'])
    stop()
    const lag =
      'callback-failed: instrument() failed at eventwire.server.publish.lag: the meter is broken; it goes on without'
    expect(messages.filter((message) => message === lag)).toHaveLength(1)
    expect(new Set(messages).size).toBe(messages.length)
    expect(messages.length).toBeGreaterThan(8)
  })

  it('is reported to onError instead, when that is given', async () => {
    const channel = createChannel<Events>()
    channel.onError(() => expect.unreachable())
    const causes: unknown[] = []
    const stop = instrument({ meter, channels: { channel }, onError: ({ cause }) => causes.push(cause) })
    expect(await run(channel)).toEqual(['one', 'two'])
    stop()
    expect(causes[0]).toEqual(new Error('the meter is broken'))
  })
})

it('a meter that creates nothing costs its metrics only', async () => {
  const channel = createChannel<Events>()
  const stop = instrument({ meter: METERS['because it creates nothing']!, onError: () => {} })
  expect(await run(channel)).toEqual(['one', 'two'])
  stop()
})

it('a tracer that throws disturbs no publication', async () => {
  const errors: string[] = []
  const channel = createChannel<Events>()
  channel.onError(({ message }) => errors.push(message))
  const stop = instrument({ tracer: { startSpan: fail }, traceparent: true, channels: { channel } })
  expect(await run(channel)).toEqual(['one', 'two'])
  stop()
  expect(errors).toEqual(['instrument() failed at the tracer: the meter is broken; it goes on without'])
})

it.each(['setAttribute', 'setStatus', 'spanContext', 'end'])('a span that throws in %s() ends', async (broken) => {
  let [started, ended] = [0, 0]
  const span = {
    spanContext: () => ({ traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 }),
    setAttribute() {},
    setStatus() {},
    end: () => void ended++,
    [broken]() {
      if (broken === 'end') ended++
      fail()
    },
  }
  const startSpan = () => {
    started++
    return span
  }
  const channel = createChannel<Events>({ log: memoryLog({ maxBytes: 4_096 }) })
  const errors: string[] = []
  const stop = instrument({ tracer: { startSpan }, traceparent: true, onError: ({ message }) => errors.push(message) })
  await channel.publish('message', 'one')
  await expect(channel.publish('message', 'x'.repeat(8_192))).rejects.toThrow()
  stop()
  expect([started, ended]).toEqual([2, 2])
  expect(errors).toEqual(['instrument() failed at the tracer: the meter is broken; it goes on without'])
})

it('without a listener it is an uncaught error, as of every callback, and the stream goes on', async () => {
  const uncaught: unknown[] = []
  const before = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', (error) => uncaught.push(error))
  const channel = createChannel<Events>()
  const stop = instrument({ tracer: { startSpan: fail } })
  expect(await run(channel)).toEqual(['one', 'two'])
  stop()
  await new Promise((resolve) => setImmediate(resolve))
  process.removeAllListeners('uncaughtException')
  for (const listener of before) process.on('uncaughtException', listener)
  expect(uncaught).toMatchObject([{ code: 'callback-failed' }])
})
