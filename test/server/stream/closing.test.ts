// A stream closes exactly once, reports why, and releases everything.
import { describe, expect, it, vi } from 'vitest'
import { createStream, type EventStream } from '../../../src/server/index.ts'
import { Reading, requestWith } from '../reading.ts'

type Events = { message: string }

/** Which listeners a signal has, counted as an event target does: the same one twice is one. */
function watched(signal: AbortSignal) {
  const listeners = new Set<unknown>()
  const { addEventListener, removeEventListener } = signal
  vi.spyOn(signal, 'addEventListener').mockImplementation((type: string, listener: any) => {
    listeners.add(listener)
    addEventListener.call(signal, type, listener)
  })
  vi.spyOn(signal, 'removeEventListener').mockImplementation((type: string, listener: any) => {
    listeners.delete(listener)
    removeEventListener.call(signal, type, listener)
  })
  return () => listeners.size
}

describe('the reason', () => {
  const controllers = { request: new AbortController(), option: new AbortController() }
  it.each<[string, (stream: EventStream<Events>) => unknown]>([
    ['client', (stream) => stream.response.body!.cancel()],
    ['client', () => controllers.request.abort()],
    ['server', (stream) => stream.close()],
    ['server', (stream) => stream[Symbol.dispose]()],
    ['final', (stream) => stream.close({ final: true })],
    ['aborted', () => controllers.option.abort()],
  ])('is %s', async (reason, close) => {
    controllers.request = new AbortController()
    controllers.option = new AbortController()
    const request = requestWith({ signal: controllers.request.signal })
    const stream = createStream<Events>(request, { signal: controllers.option.signal })
    stream.send('message', 'hi')
    await Promise.resolve()
    close(stream)
    stream.close()
    controllers.request.abort()
    controllers.option.abort()
    expect(await stream.closed).toEqual({ reason, events: 1, bytes: expect.any(Number), duration: expect.any(Number) })
  })
})

describe('closing', () => {
  it('sends what was sent in the same tick, then ends', async () => {
    const stream = createStream<Events>()
    stream.send('message', 'last')
    stream.close()
    expect(await new Reading(stream.response).rest()).toBe(': heartbeat=15000\ndata: "last"\n\n')
    const { events, bytes } = await stream.closed
    expect({ events, bytes }).toEqual({ events: 1, bytes: ': heartbeat=15000\ndata: "last"\n\n'.length })
  })

  it('leaves the terminal id with a client that must not come back', async () => {
    const stream = createStream<Events>()
    stream.close({ final: true, retry: 20 })
    expect(await new Reading(stream.response).rest()).toBe(
      ': heartbeat=15000\nretry: 20\nevent: sse:end\nid: sse:end\ndata: {}\n\n',
    )
  })

  it('happens when a block that uses it is left', async () => {
    let closed: Promise<unknown>
    {
      using stream = createStream<Events>()
      closed = stream.closed
    }
    expect(await closed).toMatchObject({ reason: 'server' })
  })

  it('aborts the signal, before or after it is first read', async () => {
    const early = createStream()
    const { signal } = early
    expect(signal.aborted).toBe(false)
    early.close()
    expect(signal.aborted).toBe(true)
    expect(early.signal).toBe(signal)

    const late = createStream()
    late.close()
    expect(late.signal.aborted).toBe(true)
  })

  it('resolves closed once, whenever it is read', async () => {
    const stream = createStream()
    const { closed } = stream
    stream.close()
    expect(stream.closed).toBe(closed)
    expect(await stream.closed).toBe(await closed)
  })

  it('takes its listeners off the signals it was given', async () => {
    const request = requestWith({ signal: new AbortController().signal })
    const { signal } = new AbortController()
    const counts = [watched(request.signal), watched(signal)]
    const stream = createStream(request, { signal })
    expect(counts.map((count) => count())).toEqual([1, 1])
    await stream.response.body!.cancel()
    expect(counts.map((count) => count())).toEqual([0, 0])
  })

  it('of a hundred streams by one signal takes one listener on it, which goes with the last of them', async () => {
    const controller = new AbortController()
    const count = watched(controller.signal)
    const streams = Array.from({ length: 100 }, () => createStream(undefined, { signal: controller.signal }))
    expect(count()).toBe(1)
    for (const stream of streams.slice(1)) stream.close()
    expect(count()).toBe(1)
    streams[0]!.close()
    expect(count()).toBe(0)
    const late = Array.from({ length: 2 }, () => createStream(undefined, { signal: controller.signal }))
    expect(count()).toBe(1)
    controller.abort()
    for (const stream of late) expect(await stream.closed).toMatchObject({ reason: 'aborted' })
    for (const stream of streams) expect(await stream.closed).toMatchObject({ reason: 'server' })
  })

  it('takes its listeners off although the client has not taken the last bytes', async () => {
    const request = requestWith({ signal: new AbortController().signal })
    const count = watched(request.signal)
    const stream = createStream(request)
    stream.close()
    expect(count()).toBe(0)
    expect(await new Reading(stream.response).rest()).toBe(': heartbeat=15000\n')
  })

  it('in the same tick as the departure of the client is one departure', async () => {
    const controller = new AbortController()
    const stream = createStream<Events>(requestWith({ signal: controller.signal }))
    stream.send('message', 'never seen')
    controller.abort()
    stream.close({ final: true })
    expect(await stream.closed).toMatchObject({ reason: 'client' })
  })
})
