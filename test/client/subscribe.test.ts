// A subscription hands typed events to its listeners and comes back, with its cursor, after every loss.
import { describe, expect, expectTypeOf, it, vi } from 'vitest'
import { defineEvents, json, text } from '../../src/index.ts'
import { errorsOf, nextError, quick, subscribed } from './collect.ts'
import { broken, ended, rawServer, STREAM, stream } from './raw-server.ts'

interface AppEvents {
  ping: { time: string }
  message: string
}

describe('delivery', () => {
  it('hands the payload and the event to the listener of its name', async () => {
    const { url } = await rawServer(stream('event: ping\nid: 7\ndata: {"time":"12:00"}\n\n'))
    const subscription = subscribed<AppEvents>(url)
    const [data, event] = await new Promise<[unknown, unknown]>((resolve) => {
      subscription.on('ping', (data, event) => {
        expectTypeOf(data).toEqualTypeOf<{ time: string }>()
        resolve([data, event])
      })
    })
    expect(data).toEqual({ time: '12:00' })
    expect(event).toEqual({ type: 'ping', data: { time: '12:00' }, id: '7' })
    expect(subscription.lastEventId).toBe('7')
    expect(subscription.status).toBe('open')
  })

  it('hands every event to onAny and to a loop, in the order of the wire', async () => {
    const { url } = await rawServer(stream('data: "a"\n\nevent: ping\ndata: {"time":"b"}\n\ndata: "c"\n\n'))
    const subscription = subscribed<AppEvents>(url)
    const received: unknown[] = []
    subscription.onAny((event) => received.push(event.type === 'ping' ? event.data.time : event.data))
    const looped: unknown[] = []
    for await (const event of subscription) {
      looped.push(event.type === 'ping' ? event.data.time : event.data)
      if (looped.length === 3) break
    }
    expect(looped).toEqual(['a', 'b', 'c'])
    expect(received).toEqual(['a', 'b', 'c'])
  })

  it('reads raw text and checked payloads by the map, and skips names that are not in it', async () => {
    const { url } = await rawServer(stream('data: not json\n\nevent: other\ndata: 1\n\nevent: n\ndata: 2\n\n'))
    const subscription = subscribed(url, { events: defineEvents({ message: text(), n: json<number>() }) })
    const seen: unknown[] = []
    subscription.onAny(({ data }) => seen.push(data))
    await subscription.once('n')
    expect(seen).toEqual(['not json', 2])
  })

  it('asks for an event stream, uncached', async () => {
    const server = await rawServer(stream())
    const subscription = subscribed(server.url)
    await subscription.opened
    const { headers, method } = server.requests[0]!
    expect(method).toBe('GET')
    expect(headers.accept).toBe('text/event-stream')
    expect(headers['cache-control']).toBe('no-cache')
    expect(headers['last-event-id']).toBeUndefined()
  })

  it('makes no request when it is closed in the turn that opened it', async () => {
    const server = await rawServer(stream())
    const first = subscribed(server.url)
    first.close()
    await subscribed(server.url).opened
    expect(server.requests).toHaveLength(1)
  })
})

describe('reconnection', () => {
  it('comes back with the last event id after the end of the stream', async () => {
    const server = await rawServer(ended('id: 41\ndata: 1\n\n'), stream('data: 2\n\n'))
    const subscription = subscribed(server.url, quick)
    const errors = errorsOf(subscription)
    const seen: unknown[] = []
    subscription.on('message', (data, { id }) => seen.push([data, id]))
    const again = await server.request(2)
    expect(again.headers['last-event-id']).toBe('41')
    await subscription.once('message')
    expect(seen).toEqual([
      [1, '41'],
      [2, '41'],
    ])
    expect(errors.map(({ code, message, willRetry }) => [code, message, willRetry])).toEqual([
      ['stream-ended', 'the server ended the stream', true],
    ])
  })

  it('comes back after a broken socket, without the event that was cut off', async () => {
    const server = await rawServer(broken('id: 1\ndata: 1\n\nid: 2\ndata: 2\n'), stream('data: 3\n\n'))
    const subscription = subscribed(server.url, quick)
    const error = nextError(subscription)
    const seen: unknown[] = []
    subscription.on('message', (data) => seen.push(data))
    expect((await server.request(2)).headers['last-event-id']).toBe('1')
    await subscription.once('message')
    expect(seen).toEqual([1, 3])
    expect(await error).toMatchObject({ code: 'network', attempt: 1, willRetry: true, url: server.url })
    // The reason is the platform's.
    expect((await error).message).toMatch(/^connection to http:\/\/127\.0\.0\.1:\d+\/events failed: \S/)
  })

  it('keeps trying while the server is away', async () => {
    const gone = await rawServer(stream())
    const { url } = gone
    await gone.close()
    const subscription = subscribed(url, quick)
    const errors = errorsOf(subscription)
    await new Promise<void>((resolve) => subscription.onError(() => errors.length === 3 && resolve()))
    expect(errors.map(({ code, attempt }) => [code, attempt])).toEqual([
      ['network', 1],
      ['network', 2],
      ['network', 3],
    ])
    expect(errors[0]!.message).toBe(`connection to ${url} failed: connect ECONNREFUSED ${new URL(url).host}`)
  })

  it('waits as long as the server says with retry, and reports when it will reconnect', async () => {
    const server = await rawServer(ended('retry: 50\n\ndata: 1\n\n'), stream())
    const subscription = subscribed(server.url)
    const error = await nextError(subscription)
    expect(error.retryIn).toBeGreaterThanOrEqual(50)
    expect(error.retryIn).toBeLessThanOrEqual(150)
    const state = subscription.state.get()
    expect(state).toMatchObject({ status: 'waiting', attempt: 2, delay: error.retryIn, error })
    const from = Date.now()
    await server.request(2)
    // Timers count in whole milliseconds.
    expect(Date.now() - from).toBeGreaterThanOrEqual(50 - 2)
  })
})

describe('closing', () => {
  it('silences the rest of the chunk and frees the socket when a listener closes', async () => {
    const server = await rawServer(stream('data: 1\n\ndata: 2\n\ndata: 3\n\n'))
    const subscription = subscribed(server.url)
    const errors = errorsOf(subscription)
    const states: string[] = []
    subscription.state.subscribe(({ status }) => states.push(status))
    const seen: unknown[] = []
    subscription.on('message', (data) => {
      seen.push(data)
      subscription.close()
    })
    subscription.on('message', () => seen.push('a listener behind the one that closed'))
    expect(await subscription.closed).toEqual({ reason: 'client' })
    await server.idle()
    expect(seen).toEqual([1])
    expect(errors).toEqual([])
    expect(states).toEqual(['connecting', 'open', 'closed'])
    expect(server.requests).toHaveLength(1)
  })

  it('does not come back after 204', async () => {
    const server = await rawServer((response) => response.writeHead(204).end())
    const subscription = subscribed(server.url, quick)
    expect(await subscription.closed).toEqual({ reason: 'server', end: 'no-content' })
    await expect(subscription.opened).rejects.toThrow('the subscription closed (server) before this happened')
    expect(server.requests).toHaveLength(1)
  })

  it('does not come back after sse:end, whose id is not kept', async () => {
    const server = await rawServer(
      stream('id: 5\ndata: 1\n\nevent: sse:end\nid: sse:end\ndata:\n\ndata: never delivered\n\n'),
    )
    const subscription = subscribed(server.url)
    const seen: unknown[] = []
    for await (const { data } of subscription) seen.push(data)
    expect(seen).toEqual([1])
    expect(await subscription.closed).toEqual({ reason: 'server', end: 'final' })
    expect(subscription.lastEventId).toBe('5')
    await server.idle()
  })

  it('closes when its signal aborts, and makes no request when it had', async () => {
    const server = await rawServer(stream())
    const aborted = subscribed(server.url, { signal: AbortSignal.abort() })
    expect(await aborted.closed).toEqual({ reason: 'aborted' })
    const controller = new AbortController()
    const subscription = subscribed(server.url, { signal: controller.signal })
    await subscription.opened
    controller.abort()
    expect(await subscription.closed).toEqual({ reason: 'aborted' })
    await server.idle()
    expect(server.requests).toHaveLength(1)
  })

  it('leaves no listener on a signal that lives on', async () => {
    const server = await rawServer(stream())
    const { signal } = new AbortController()
    const listeners = new Set<unknown>()
    const add = vi.spyOn(signal, 'addEventListener').mockImplementation((_, listener) => listeners.add(listener))
    vi.spyOn(signal, 'removeEventListener').mockImplementation((_, listener) => listeners.delete(listener))
    const subscription = subscribed(server.url, { signal })
    subscription.on('message', () => {}, { signal })
    subscription.onAny(() => {}, { signal })
    await subscription.opened
    expect(add).toHaveBeenCalledTimes(3)
    subscription.close()
    expect(listeners.size).toBe(0)
  })

  it('stops a fetch that ignores its signal', async () => {
    const server = await rawServer(stream('data: 1\n\n'))
    const fetch = (url: string) => globalThis.fetch(url)
    const subscription = subscribed(server.url, { fetch })
    await subscription.once('message')
    subscription.close()
    await server.idle()
  })

  it('ends a POST that answered and ended as a success', async () => {
    const server = await rawServer((response, request) => {
      request.setEncoding('utf8').on('data', (body) => {
        response.writeHead(200, STREAM)
        response.end(`data: ${body}\n\ndata: [DONE]\n\n`)
      })
    })
    const subscription = subscribed<{ message: { q: number } }>(server.url, {
      method: 'POST',
      body: '{"q":1}',
      headers: { 'Content-Type': 'application/json' },
      until: ({ data }) => data === '[DONE]',
    })
    const errors = errorsOf(subscription)
    const seen: unknown[] = []
    for await (const { data } of subscription) seen.push(data)
    expect(seen).toEqual([{ q: 1 }])
    expect(errors).toEqual([])
    expect(server.requests[0]!.headers['content-type']).toBe('application/json')
    expect(await subscription.closed).toEqual({ reason: 'until' })
  })
})
