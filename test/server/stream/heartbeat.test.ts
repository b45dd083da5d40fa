// Silence never exceeds the interval, a stalled client is cut off, an old stream ends: one timer for all of it.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createStream } from '../../../src/server/index.ts'
import { Reading } from '../reading.ts'

type Events = { message: string }
const HEARTBEAT_FRAME = ':\n'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

/** Notes at what time each chunk arrives. */
function arrivals(response: Response) {
  const reading = new Reading(response)
  const seen: { at: number; text: string }[] = []
  const start = Date.now()
  const read = async (): Promise<void> => {
    const text = await reading.next().catch(() => undefined)
    if (text === undefined) return
    seen.push({ at: Date.now() - start, text })
    return read()
  }
  return { seen, ended: read() }
}

describe('heartbeats', () => {
  it('come when nothing else does, and silence never exceeds the interval', async () => {
    const stream = createStream<Events>(undefined, { heartbeat: 1000 })
    const { seen } = arrivals(stream.response)
    await vi.advanceTimersByTimeAsync(10_000)
    const times = seen.map(({ at }) => at)
    const silences = times.slice(1).map((at, index) => at - times[index]!)
    expect(seen.slice(1).every(({ text }) => text === HEARTBEAT_FRAME)).toBe(true)
    expect(Math.max(...silences)).toBeLessThanOrEqual(1000)
    expect(Math.min(...silences)).toBeGreaterThan(800)
    stream.close()
  })

  it('do not come while events do', async () => {
    const stream = createStream<Events>(undefined, { heartbeat: 1000 })
    const { seen } = arrivals(stream.response)
    for (let count = 0; count < 20; count++) {
      await vi.advanceTimersByTimeAsync(700)
      stream.send('message', 'hi')
    }
    await vi.advanceTimersByTimeAsync(0)
    expect(seen.map(({ text }) => text).filter((text) => text === HEARTBEAT_FRAME)).toEqual([])
    expect(seen).toHaveLength(21)
    stream.close()
  })

  it('keep the interval after an event that came at any moment', async () => {
    for (let offset = 10; offset < 1000; offset += 90) {
      const stream = createStream<Events>(undefined, { heartbeat: 1000 })
      const { seen } = arrivals(stream.response)
      await vi.advanceTimersByTimeAsync(offset)
      stream.send('message', 'hi')
      await vi.advanceTimersByTimeAsync(1000)
      expect(seen.at(-1)!.text).toBe(HEARTBEAT_FRAME)
      stream.close()
    }
  })

  it('are not added behind a client that reads nothing', async () => {
    const stream = createStream<Events>(undefined, { heartbeat: 1000, stallTimeout: false })
    stream.send('message', 'hi')
    await vi.advanceTimersByTimeAsync(60_000)
    const { buffered } = stream
    await vi.advanceTimersByTimeAsync(60_000)
    expect(stream.buffered).toBe(buffered)
    await stream.response.body!.cancel()
  })

  it('are switched off by false', async () => {
    const stream = createStream<Events>(undefined, { heartbeat: false })
    const { seen } = arrivals(stream.response)
    await vi.advanceTimersByTimeAsync(100_000)
    expect(seen).toEqual([{ at: 0, text: ':\n' }])
    stream.close()
    await vi.advanceTimersByTimeAsync(0)
  })

  it('of all streams with one interval need one timer', async () => {
    const streams = Array.from({ length: 100 }, () => createStream<Events>())
    expect(vi.getTimerCount()).toBe(1)
    const other = createStream<Events>(undefined, { heartbeat: 5000 })
    expect(vi.getTimerCount()).toBe(2)
    await Promise.all([...streams, other].map(({ response }) => response.body!.cancel()))
  })

  it('stop with the stream', async () => {
    const stream = createStream<Events>(undefined, { heartbeat: 1000 })
    const { seen, ended } = arrivals(stream.response)
    await vi.advanceTimersByTimeAsync(0)
    stream.close()
    await ended
    await vi.advanceTimersByTimeAsync(10_000)
    expect(seen).toHaveLength(1)
  })

  it('do not count as events', async () => {
    const stream = createStream<Events>(undefined, { heartbeat: 1000 })
    const { seen } = arrivals(stream.response)
    await vi.advanceTimersByTimeAsync(1000)
    stream.close()
    expect(await stream.closed).toMatchObject({
      events: 0,
      bytes: ': heartbeat=1000\n'.length + HEARTBEAT_FRAME.length,
    })
    expect(seen).toHaveLength(2)
  })
})

describe('a stalled client', () => {
  it('is cut off when it has taken nothing for stallTimeout', async () => {
    const stream = createStream<Events>(undefined, { stallTimeout: 10_000 })
    const start = Date.now()
    let closedAt = 0
    stream.closed.then(() => {
      closedAt = Date.now() - start
    })
    await vi.advanceTimersByTimeAsync(20_000)
    expect(await stream.closed).toMatchObject({ reason: 'stalled' })
    expect(closedAt).toBeGreaterThanOrEqual(10_000)
    expect(closedAt).toBeLessThan(12_000)
    await expect(new Reading(stream.response).next()).rejects.toThrow(
      'stream closed as stalled: the client consumed nothing for stallTimeout',
    )
  })

  it('counts from the moment that bytes began to wait', async () => {
    const stream = createStream<Events>(undefined, { stallTimeout: 10_000 })
    const reading = new Reading(stream.response)
    await reading.next()
    await vi.advanceTimersByTimeAsync(9_500)
    const taken = reading.next()
    stream.send('message', 'a')
    await taken
    stream.send('message', 'b')
    await vi.advanceTimersByTimeAsync(9_500)
    expect(stream.signal.aborted).toBe(false)
    await vi.advanceTimersByTimeAsync(2_000)
    expect(await stream.closed).toMatchObject({ reason: 'stalled' })
  })

  it('is spared as long as it takes something', async () => {
    const stream = createStream<Events>(undefined, { stallTimeout: 10_000, maxBuffer: 10_000_000 })
    const reading = new Reading(stream.response)
    stream.send('message', 'x'.repeat(3_000_000))
    for (let count = 0; count < 30; count++) {
      await vi.advanceTimersByTimeAsync(8_000)
      await reading.next()
    }
    expect(stream.signal.aborted).toBe(false)
    await reading.disconnect()
  })

  it('is left alone when stallTimeout is false', async () => {
    const stream = createStream<Events>(undefined, { stallTimeout: false, heartbeat: false })
    await vi.advanceTimersByTimeAsync(1_000_000)
    expect(stream.signal.aborted).toBe(false)
    stream.close()
  })

  it('that does not take the last bytes loses them after stallTimeout', async () => {
    const stream = createStream<Events>(undefined, { stallTimeout: 10_000 })
    stream.send('message', 'last')
    stream.close()
    expect(await stream.closed).toMatchObject({ reason: 'server' })
    await vi.advanceTimersByTimeAsync(9_000)
    expect(vi.getTimerCount()).toBe(1)
    await vi.advanceTimersByTimeAsync(2_000)
    await expect(new Reading(stream.response).next()).rejects.toThrow(
      'stream closed as expired: the client did not consume the last bytes within stallTimeout',
    )
    expect(await stream.closed).toMatchObject({ reason: 'server' })
  })
})

describe('maxDuration', () => {
  it('ends a stream properly after 80 to 100 % of it, at random', async () => {
    const start = Date.now()
    const ages: number[] = []
    const texts = Array.from({ length: 60 }, () => {
      const stream = createStream<Events>(undefined, { maxDuration: 100_000, heartbeat: false })
      stream.closed.then(({ reason }) => {
        expect(reason).toBe('expired')
        ages.push(Date.now() - start)
      })
      return new Reading(stream.response).rest()
    })
    await vi.advanceTimersByTimeAsync(100_000)
    expect(await Promise.all(texts)).toEqual(texts.map(() => ':\n'))
    expect(ages).toHaveLength(60)
    expect(Math.min(...ages)).toBeGreaterThanOrEqual(79_000)
    expect(Math.max(...ages) - Math.min(...ages)).toBeGreaterThan(5_000)
  })

  it('works with everything else switched off', async () => {
    const stream = createStream<Events>(undefined, { maxDuration: 16, heartbeat: false, stallTimeout: false })
    const rest = new Reading(stream.response).rest()
    await vi.advanceTimersByTimeAsync(17)
    expect(await rest).toBe(':\n')
    expect(await stream.closed).toMatchObject({ reason: 'expired' })
  })
})

describe('in another runtime', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.resetModules()
  })

  it('each stream has its own timer on workerd, where timers belong to a request', async () => {
    vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' })
    vi.resetModules()
    const workerd = await import('../../../src/server/index.ts')
    const streams = [workerd.createStream(), workerd.createStream()]
    expect(vi.getTimerCount()).toBe(2)
    await Promise.all(streams.map(({ response }) => response.body!.cancel()))
  })

  it('the heartbeat is 8 s on Bun, which closes connections after 10 s of silence', async () => {
    vi.stubGlobal('Bun', {})
    vi.resetModules()
    const bun = await import('../../../src/server/index.ts')
    const { response } = bun.createStream()
    const reading = new Reading(response)
    expect(await reading.next()).toBe(': heartbeat=8000\n')
    await reading.disconnect()
  })
})
