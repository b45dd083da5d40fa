// The test clock is the only time there is while it is there: for timers, dates and everything in Eventwire that waits.
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { subscribe } from '../../src/client/index.ts'
import { createChannel, createStream, memoryLog } from '../../src/server/index.ts'
import {
  collectEvents,
  createTestClient,
  createTestClock,
  createTestServer,
  type TestClock,
} from '../../src/testing/index.ts'

interface Events {
  note: number
}
const url = 'https://example.com/events'
const request = () => new Request(url)

afterEach(() => {
  vi.restoreAllMocks()
})

function clockOfThisTest(options?: Parameters<typeof createTestClock>[0]): TestClock {
  const clock = createTestClock(options)
  onTestFinished(clock.restore)
  return clock
}

/** Runs timers, and notes what each of them says and how late it is. */
function notes() {
  const start = Date.now()
  const seen: string[] = []
  return { seen, note: (what: string) => seen.push(`${what} ${Date.now() - start}`) }
}

describe('timers', () => {
  it('run in the order of their times, those of one time in the order of their making', async () => {
    const clock = clockOfThisTest()
    const { seen, note } = notes()
    setTimeout(note, 30, 'c')
    setTimeout(note, 10, 'a')
    setTimeout(note, 30, 'd')
    setTimeout(note, 20, 'b')
    setTimeout(note, 31, 'late')
    await clock.advance(30)
    expect(seen).toEqual(['a 10', 'b 20', 'c 30', 'd 30'])
    expect(clock.pending).toBe(1)
    await clock.advance(1)
    expect(seen.at(-1)).toBe('late 31')
    expect(clock.pending).toBe(0)
  })

  it('do not run before the time is advanced, however long the engine goes on', async () => {
    const clock = clockOfThisTest()
    const { seen, note } = notes()
    setTimeout(note, 1, 'early')
    await clock.advance(0)
    expect(seen).toEqual([])
    expect(clock.pending).toBe(1)
  })

  it('that timers start are part of the same advance, and so are those behind promises', async () => {
    const clock = clockOfThisTest()
    const { seen, note } = notes()
    setTimeout(() => setTimeout(note, 10, 'nested'), 10)
    const pause = (delay: number) => new Promise((resolve) => setTimeout(resolve, delay))
    const walk = async () => {
      await new Response(new Blob(['text'])).text()
      for (let step = 1; step <= 3; step++) {
        await pause(100)
        note(`step ${step}`)
      }
    }
    const walked = walk()
    await clock.advance(300)
    await walked
    expect(seen).toEqual(['nested 20', 'step 1 100', 'step 2 200', 'step 3 300'])
  })

  it('repeat until they are cleared, behind what has the same time already', async () => {
    const clock = clockOfThisTest()
    const { seen, note } = notes()
    const timer = setInterval(note, 10, 'tick')
    setTimeout(note, 20, 'once')
    setTimeout(() => clearInterval(timer), 35)
    await clock.advance(1_000)
    expect(seen).toEqual(['tick 10', 'once 20', 'tick 20', 'tick 30'])
    expect(clock.pending).toBe(0)
  })

  it('clear themselves and each other, by either name, by their number, and not twice', async () => {
    const clock = clockOfThisTest()
    const { seen, note } = notes()
    const ticking = setInterval(() => {
      note('tick')
      clearTimeout(ticking)
    }, 10)
    const cleared = [setTimeout(note, 10, 'a'), setInterval(note, 10, 'b'), setTimeout(note, 10, 'c')]
    clearInterval(cleared[0])
    clearTimeout(cleared[1])
    clearTimeout(Number(cleared[2]))
    for (const timer of [...cleared, undefined, null]) clearTimeout(timer as undefined)
    setTimeout(note, 10, 'd')
    await clock.advance(50)
    expect(seen).toEqual(['tick 10', 'd 10'])
  })

  it.each([0, -5, Number.NaN, undefined, 0.9, 2 ** 31])(
    'wait 1 ms for a delay of %s, so that an advance ends',
    async (delay) => {
      const clock = clockOfThisTest()
      let ticks = 0
      setInterval(() => ticks++, delay)
      const again = () => {
        setTimeout(again, delay)
      }
      again()
      await clock.advance(5)
      expect(ticks).toBe(5)
    },
  )

  it('have what those of the engine have', async () => {
    const real = setTimeout(() => {})
    clearTimeout(real)
    const clock = clockOfThisTest()
    const { seen, note } = notes()
    const timer = setTimeout(note, 10, 'again')
    expect(Object.keys(timer)).toEqual(expect.arrayContaining(['ref', 'unref', 'hasRef', 'refresh', 'close']))
    expect(timer.unref().hasRef()).toBe(false)
    expect(timer.ref().hasRef()).toBe(true)
    expect(typeof timer[Symbol.toPrimitive]()).toBe(typeof real[Symbol.toPrimitive]())
    await clock.advance(9)
    timer.refresh()
    await clock.advance(10)
    timer.refresh()
    expect(seen).toEqual(['again 19'])
    expect(timer.close()).toBe(timer)
    timer.refresh()[Symbol.dispose]()
    expect(clock.pending).toBe(0)
  })

  it('reject the advance with what they throw; the time stands there and goes on', async () => {
    const clock = clockOfThisTest()
    const { seen, note } = notes()
    setTimeout(() => {
      throw new Error('mine')
    }, 10)
    setTimeout(note, 20, 'next')
    await expect(clock.advance(100)).rejects.toThrow('mine')
    note('thrown')
    await clock.advance(10)
    expect(seen).toEqual(['thrown 10', 'next 20'])
  })

  it('that were there before stay real, and can be cleared', async () => {
    const seen: string[] = []
    const before = setTimeout(() => seen.push('cleared'), 1)
    const ran = new Promise<void>((resolve) => setTimeout(resolve, 1))
    clockOfThisTest()
    clearTimeout(before)
    await ran
    expect(seen).toEqual([])
  })
})

describe('dates', () => {
  it('start at the present, or at the time that is given, and stand still', async () => {
    const present = Date.now()
    const clock = createTestClock()
    expect(Date.now()).toBeGreaterThanOrEqual(present)
    clock.restore()
    for (const now of [new Date('2030-01-01T12:00:00Z'), Date.UTC(2030, 0, 1, 12)]) {
      using clock = createTestClock({ now })
      await clock.advance(500)
      expect(Date.now()).toBe(Date.UTC(2030, 0, 1, 12, 0, 0, 500))
      expect(new Date().toISOString()).toBe('2030-01-01T12:00:00.500Z')
    }
  })

  it('are dates like any others', () => {
    const before = new Date(0)
    clockOfThisTest({ now: 86_400_000 })
    expect(before).toBeInstanceOf(Date)
    expect(new Date()).toBeInstanceOf(Date)
    expect(structuredClone(new Date())).toEqual(new Date(86_400_000))
    expect(new Date(2030, 0, 1).getFullYear()).toBe(2030)
    expect(Date.parse('1970-01-01T00:00:01Z')).toBe(1_000)
    expect(Date()).toBe(new Date(86_400_000).toString())
    class Moment extends Date {}
    expect(new Moment().getTime()).toBe(86_400_000)
    expect(new Moment()).toBeInstanceOf(Moment)
  })

  it('and performance.now() go on together, whole milliseconds or not', async () => {
    const before = performance.now()
    const clock = clockOfThisTest()
    const [up, date] = [performance.now(), Date.now()]
    expect(up).toBeGreaterThanOrEqual(before)
    await clock.advance(1_000.5)
    expect(performance.now() - up).toBeCloseTo(1_000.5, 3)
    expect(Date.now() - date).toBe(1_000)
  })
})

describe('a clock', () => {
  const names = ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval', 'Date', 'performance'] as const
  const scene = () => [
    ...names.map((name) => Object.getOwnPropertyDescriptor(globalThis, name)),
    Object.getOwnPropertyDescriptor(performance, 'now'),
  ]

  it('puts everything back, once', async () => {
    const before = scene()
    const clock = createTestClock()
    expect(scene()).not.toEqual(before)
    clock.restore()
    expect(scene()).toEqual(before)
    const mine = vi.spyOn(globalThis, 'setTimeout')
    clock.restore()
    expect(setTimeout).toBe(mine)
  })

  it('puts everything back at the end of a using, whatever was thrown', () => {
    const before = scene()
    expect(() => {
      using clock = createTestClock()
      expect(clock.pending).toBe(0)
      throw new Error('the test failed')
    }).toThrow('the test failed')
    expect(scene()).toEqual(before)
  })

  it('forgets what still waits, also in the middle of an advance', async () => {
    const seen: string[] = []
    const clock = createTestClock()
    setTimeout(() => clock.restore(), 10)
    setInterval(() => seen.push('tick'), 20)
    await clock.advance(100)
    expect(seen).toEqual([])
    expect(clock.pending).toBe(0)
  })

  it('is the only one', () => {
    const clock = clockOfThisTest()
    const refusal = expect.objectContaining({
      code: 'invalid-option',
      message:
        'createTestClock() found the timers of another test clock; restore() that clock first, or end the fake timers of the test framework',
    })
    expect(() => createTestClock()).toThrow(refusal)
    clock.restore()
    vi.useFakeTimers()
    try {
      expect(() => createTestClock()).toThrow(refusal)
    } finally {
      vi.useRealTimers()
    }
    createTestClock().restore()
  })

  it('is not disturbed by what another one has left behind', async () => {
    const first = createTestClock()
    const left = setTimeout(() => {}, 10)
    first.restore()
    const clock = clockOfThisTest()
    const { seen, note } = notes()
    setTimeout(note, 10, 'mine')
    clearTimeout(left)
    await clock.advance(10)
    expect(seen).toEqual(['mine 10'])
  })

  it.each([['setImmediate'], ['setImmediate', 'MessageChannel']])(
    'waits for the event loop without %s too',
    async (...without) => {
      for (const name of without) vi.stubGlobal(name, undefined)
      const clock = clockOfThisTest()
      vi.unstubAllGlobals()
      const { seen, note } = notes()
      setTimeout(async () => note(await new Response('read').text()), 10)
      await clock.advance(10)
      expect(seen).toEqual(['read 10'])
    },
  )

  it.each([-1, Number.NaN, Infinity, undefined])('refuses to advance by %s', async (milliseconds) => {
    const clock = clockOfThisTest()
    await expect(clock.advance(milliseconds as number)).rejects.toMatchObject({
      code: 'invalid-option',
      message: `advance() was given ${milliseconds}; give milliseconds from 0 on`,
    })
  })

  it.each([Number.NaN, new Date('soon')])('refuses to start at %s, and replaces nothing', (now) => {
    const before = scene()
    expect(() => createTestClock({ now })).toThrow(
      expect.objectContaining({
        code: 'invalid-option',
        message: `now is ${now}; give a Date, or milliseconds as Date.now() returns them`,
      }),
    )
    expect(scene()).toEqual(before)
  })
})

describe('in Eventwire it drives', () => {
  it('heartbeats', async () => {
    const clock = clockOfThisTest()
    const stream = createStream<Events>(request(), { heartbeat: 15_000 })
    const client = createTestClient<Events>(stream.response)
    const collected = client.collect()
    await clock.advance(15_000)
    expect(client.comments).toEqual(['heartbeat=15000', ''])
    await clock.advance(45_000)
    expect(client.comments).toHaveLength(5)
    stream.close()
    await collected
    expect(clock.pending).toBe(0)
  })

  it('heartbeats also where a stream of another time was left open', async () => {
    const beats = async (clock: TestClock) => {
      const client = createTestClient<Events>(createStream<Events>(request(), { heartbeat: 15_000 }).response)
      client.collect()
      await clock.advance(15_000)
      return client.comments
    }
    const early = createStream<Events>(request(), { heartbeat: 15_000 })
    const first = clockOfThisTest()
    expect(await beats(first)).toEqual(['heartbeat=15000', ''])
    first.restore()
    const second = clockOfThisTest()
    expect(await beats(second)).toEqual(['heartbeat=15000', ''])
    await early.response.body!.cancel()
  })

  it('stallTimeout and maxDuration', async () => {
    const clock = clockOfThisTest()
    const start = performance.now()
    const stalled = createStream<Events>(request(), { stallTimeout: 10_000 })
    stalled.send('note', 1)
    const expired = createStream<Events>(request(), { maxDuration: 60_000, heartbeat: false })
    const client = createTestClient<Events>(expired.response)
    const collected = client.collect()
    await clock.advance(12_000)
    expect(await stalled.closed).toMatchObject({ reason: 'stalled' })
    await clock.advance(48_000)
    await collected
    const { reason, duration } = await expired.closed
    expect(reason).toBe('expired')
    expect(duration).toBeLessThanOrEqual(performance.now() - start)
    expect(duration).toBeGreaterThan(45_000)
  })

  it('the delays of a client, and after how long it counts anew', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(1)
    const clock = clockOfThisTest()
    const server = createTestServer<Events>()
    using subscription = subscribe<Events>(url, { fetch: server.fetch, retry: { stableAfter: 10_000 } })
    const delays: number[] = []
    subscription.onError(({ retryIn }) => delays.push(retryIn!))
    for (const delay of [1_000, 2_000, 4_000]) {
      ;(await server.connection()).break()
      await clock.advance(delay - 1)
      expect(subscription.status).toBe('waiting')
      await clock.advance(1)
      expect(subscription.status).toBe('connecting')
    }
    const stable = await server.connection()
    stable.accept()
    await clock.advance(10_000)
    stable.break()
    await clock.advance(0)
    expect(delays).toEqual([1_000, 2_000, 4_000, 1_000])
  })

  it('the delay of Retry-After, in seconds or as a date', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0)
    const clock = clockOfThisTest({ now: Date.UTC(2030, 0, 1, 12) })
    const server = createTestServer<Events>()
    using subscription = subscribe<Events>(url, { fetch: server.fetch })
    for (const [index, after] of ['60', 'Tue, 01 Jan 2030 12:02:00 GMT'].entries()) {
      ;(await server.connection()).respond(503, { headers: { 'Retry-After': after } })
      await clock.advance(59_999)
      expect(server.connections).toHaveLength(index + 1)
      expect(subscription.status).toBe('waiting')
      await clock.advance(1)
      expect(server.connections).toHaveLength(index + 2)
    }
  })

  it('the patience of a client with a silent server', async () => {
    const clock = clockOfThisTest()
    const server = createTestServer<Events>()
    using subscription = subscribe<Events>(url, { fetch: server.fetch })
    const codes: string[] = []
    subscription.onError(({ code }) => codes.push(code))
    const connection = await server.connection()
    connection.comment('heartbeat=15000')
    await clock.advance(37_499)
    expect(codes).toEqual([])
    await clock.advance(1)
    expect(codes).toEqual(['idle'])
    expect(await connection.closed).toBe('client')
  })

  it('maxAge of a log in memory', async () => {
    const clock = clockOfThisTest()
    const channel = createChannel<Events>({ log: memoryLog({ maxAge: 60_000 }) })
    await channel.publish('note', 1)
    await clock.advance(40_000)
    await channel.publish('note', 2)
    await clock.advance(40_000)
    const kept = await collectEvents<Events>(channel.response(request(), { from: 'start' }), { count: 1 })
    expect(kept.map(({ data }) => data)).toEqual([2])
    await channel.close()
  })

  it('the drain of a channel', async () => {
    const clock = clockOfThisTest()
    const channel = createChannel<Events>()
    const clients = Array.from({ length: 10 }, () => createTestClient<Events>(channel.response(request())))
    const ends = clients.map((client) => client.collect())
    await clock.advance(0)
    const closed = channel.close({ spread: 200 })
    await clock.advance(100)
    expect(channel.size).toBeGreaterThan(0)
    expect(channel.size).toBeLessThan(10)
    await clock.advance(100)
    await Promise.all([closed, ...ends])
    expect(channel.size).toBe(0)
    expect(clock.pending).toBe(0)
  })
})
