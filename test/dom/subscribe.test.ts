// In a page, the same subscription works over fetch and over any other EventSource, and with msw's handlers.
import { EventSource } from 'eventsource'
import { setupServer } from 'msw/node'
import { sse } from 'msw/sse'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { eventSourceTransport, type SubscribeOptions, subscribe } from '../../src/client/index.ts'
import { defineEvents, json } from '../../src/index.ts'

type Events = { ping: { at: number }; message: string }
const url = 'http://localhost:3000/events'
const server = setupServer()

beforeAll(() => server.listen({ onUnhandledFrame: 'error' }))
afterEach(() => server.resetHandlers())
afterAll(() => server.close())

function subscribed(options?: SubscribeOptions<any>, to: string = url) {
  const subscription = subscribe<Events>(to, options)
  onTestFinished(() => subscription.close())
  return subscription
}

const transports = [
  ['fetch', undefined],
  ['the page’s EventSource', eventSourceTransport()],
  ['the eventsource package', eventSourceTransport(EventSource)],
] as const

describe.each(transports)('over %s', (_, transport) => {
  it('hands the parsed payload to the listener of its event', async () => {
    server.use(sse<Events>(url, ({ client }) => client.send({ event: 'ping', data: { at: 1 }, id: '9' })))
    const subscription = subscribed({ transport })
    const { data, id } = await subscription.once('ping')
    expect(data).toEqual({ at: 1 })
    expect(id).toBe('9')
    expect(subscription.lastEventId).toBe('9')
  })

  it('finds a URL relative to the document', async () => {
    server.use(sse<Events>(url, ({ client }) => client.send({ data: '"hi"' as never })))
    const subscription = subscribed({ transport }, '/events')
    await subscription.opened
    expect(subscription.state.get()).toMatchObject({ status: 'open', url })
  })

  it('delivers to onAny and to loops the events of the map', async () => {
    server.use(
      sse<Events>(url, ({ client }) => {
        client.send({ event: 'ping', data: { at: 1 } })
        client.send({ event: 'ping', data: { at: 2 } })
      }),
    )
    const subscription = subscribed({ transport, events: defineEvents({ ping: json<{ at: number }>() }) })
    const received: unknown[] = []
    subscription.onAny(({ data }) => received.push(data))
    for await (const { data } of subscription) if ((data as Events['ping']).at === 2) break
    expect(received).toEqual([{ at: 1 }, { at: 2 }])
  })

  it('is silent after close() inside a listener', async () => {
    server.use(
      sse<Events>(url, ({ client }) => {
        for (let at = 1; at <= 3; at++) client.send({ event: 'ping', data: { at } })
      }),
    )
    const subscription = subscribed({ transport })
    const received: number[] = []
    subscription.on('ping', ({ at }) => {
      received.push(at)
      subscription.close()
    })
    await subscription.closed
    await new Promise((resolve) => setImmediate(resolve))
    expect(received).toEqual([1])
  })
})
