// Channels by id are made on first use, stay while they are used, and are closed, with their logs, when nobody has used them for a while.
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createChannels, createStream, type EventLog, memoryLog } from '../../../src/server/index.ts'
import { collectEvents, createTestClient, createTestClock } from '../../../src/testing/index.ts'

interface Events {
  message: string
}

const request = (cursor = '') => new Request('http://localhost/', { headers: { 'Last-Event-ID': cursor } })

function scene(keep = 1_000) {
  const clock = createTestClock()
  onTestFinished(() => clock.restore())
  const logs: Record<string, EventLog & { close: ReturnType<typeof vi.fn> }> = {}
  const rooms = createChannels<Events>(
    (id) => {
      const log = memoryLog()
      logs[id] = Object.assign(log, { close: vi.fn(log.close.bind(log)) })
      return { log, stream: { heartbeat: false, stallTimeout: false } }
    },
    { keep },
  )
  return { clock, logs, rooms }
}

describe('a channel', () => {
  it('is made on first use, with the options of its id, and found again', () => {
    const { logs, rooms } = scene()
    expect([rooms.has('a'), rooms.size]).toEqual([false, 0])
    const a = rooms.get('a')
    expect(rooms.get('a')).toBe(a)
    expect([rooms.has('a'), rooms.has('b'), rooms.size, Object.keys(logs)]).toEqual([true, false, 1, ['a']])
    expect([...rooms]).toEqual([['a', a]])
  })

  it('is closed with its log when nobody has used it for that long', async () => {
    const { clock, logs, rooms } = scene()
    const a = rooms.get('a')
    await clock.advance(999)
    expect(rooms.has('a')).toBe(true)
    await clock.advance(1)
    expect([rooms.has('a'), rooms.size]).toEqual([false, 0])
    expect(logs.a!.close).toHaveBeenCalledTimes(1)
    await expect(a.publish('message', 'late')).rejects.toMatchObject({ code: 'closed' })
    expect(rooms.get('a')).not.toBe(a)
    expect(clock.pending).toBe(1)
  })

  it('stays while it is read, and for that long afterwards', async () => {
    const { clock, rooms } = scene()
    const client = createTestClient<Events>(rooms.get('a').response(request()))
    const left = rooms.get('a')
    await clock.advance(60_000)
    expect(rooms.get('a')).toBe(left)
    await clock.advance(10_000)
    await client.disconnect()
    await clock.advance(999)
    expect(rooms.has('a')).toBe(true)
    await clock.advance(1)
    expect(rooms.has('a')).toBe(false)
  })

  it('stays while it is published to, or asked for', async () => {
    const { clock, rooms } = scene()
    const a = rooms.get('a')
    for (let times = 0; times < 5; times++) {
      await clock.advance(600)
      void a.publish('message', 'hello')
      await clock.advance(600)
      expect(rooms.get('a')).toBe(a)
    }
  })

  it('lets a client that returns in time miss nothing', async () => {
    const { clock, rooms } = scene()
    const client = createTestClient<Events>(rooms.get('a').response(request()))
    const cursor = await rooms.get('a').publish('message', 'one')
    await client.disconnect()
    await clock.advance(900)
    void rooms.get('a').publish('message', 'two')
    const [event] = await collectEvents<Events>(rooms.get('a').response(request(cursor)), { count: 1 })
    expect(event?.data).toBe('two')
  })

  it('that its owner closes is made anew; one that ended for good stays, so that late readers learn of it', async () => {
    const { clock, rooms } = scene()
    const a = rooms.get('a')
    await a.close()
    expect(rooms.has('a')).toBe(false)
    const b = rooms.get('b')
    void b.publish('message', 'last')
    await b.close({ final: true })
    expect(rooms.get('b')).toBe(b)
    const client = createTestClient<Events>(rooms.get('b').response(request(), { from: 'start' }))
    expect((await client.collect()).map(({ data }) => data)).toEqual(['last'])
    await clock.advance(1_000)
    expect(rooms.size).toBe(0)
  })

  it('is kept for ever with Infinity, and not at all with 0', async () => {
    const { clock, rooms } = scene(Infinity)
    const a = rooms.get('a')
    await clock.advance(10 * 365 * 86_400_000)
    expect(rooms.get('a')).toBe(a)
    clock.restore()
    const none = scene(0)
    none.rooms.get('a')
    await none.clock.advance(1)
    expect(none.rooms.size).toBe(0)
  })

  it('is kept for longer than a timer can wait', async () => {
    const { clock, rooms } = scene(30 * 86_400_000)
    rooms.get('a')
    await clock.advance(30 * 86_400_000 - 1)
    expect(rooms.size).toBe(1)
    await clock.advance(1)
    expect(rooms.size).toBe(0)
  })
})

describe('close', () => {
  it('ends all streams with a reconnection time, closes the logs, and turns later ones away', async () => {
    const { logs, rooms } = scene()
    const clients = ['a', 'b'].map((id) => createTestClient<Events>(rooms.get(id).response(request())))
    await rooms.close({ retry: 2_000 })
    for (const client of clients) {
      await client.collect()
      expect(client.retry).toBe(2_000)
    }
    expect(rooms.size).toBe(0)
    expect([logs.a, logs.b].map((log) => log!.close.mock.calls.length)).toEqual([1, 1])
    const stream = createStream<Events>(request())
    rooms.get('c').subscribe(stream)
    expect((await stream.closed).reason).toBe('server')
    expect(rooms.size).toBe(0)
  })

  it('lets a channel be found until its last stream has ended', async () => {
    const { clock, logs, rooms } = scene(1)
    const [one, other] = [1, 2].map(() => createTestClient<Events>(rooms.get('a').response(request())))
    const a = rooms.get('a')
    const closing = rooms.close({ spread: 10_000 })
    await clock.advance(100)
    expect([rooms.size, rooms.get('a')]).toEqual([1, a])
    await rooms.get('a').publish('message', 'late')
    await clock.advance(10_000)
    await closing
    expect((await one!.collect()).map(({ data }) => data)).toEqual([])
    expect((await other!.collect()).map(({ data }) => data)).toEqual(['late'])
    expect([rooms.size, Object.keys(logs)]).toEqual([0, ['a']])
    expect(logs.a!.close).toHaveBeenCalledTimes(1)
  })

  it('can be hurried, and closes each log once', async () => {
    const { clock, logs, rooms } = scene()
    const clients = [1, 2].map(() => createTestClient<Events>(rooms.get('a').response(request())))
    const slow = rooms.close({ spread: 60_000 })
    await clock.advance(100)
    await rooms.close()
    for (const client of clients) await client.collect()
    expect(rooms.size).toBe(0)
    await clock.advance(60_000)
    await slow
    expect(logs.a!.close).toHaveBeenCalledTimes(1)
  })

  it('refuses options where it takes a function that returns them', () => {
    expect(() => createChannels({ keep: 5 } as never)).toThrow(
      expect.objectContaining({
        code: 'invalid-option',
        message: 'optionsOf is [object Object]; give a function that returns the options of a channel',
      }),
    )
  })

  it('closes nothing for an option that makes no sense', async () => {
    const { rooms } = scene()
    const a = rooms.get('a')
    await expect(rooms.close({ spread: -1 })).rejects.toMatchObject({ code: 'invalid-option' })
    expect(rooms.get('a')).toBe(a)
  })
})

it.each([-1, Number.NaN, '5' as never])('refuses to keep channels for %s', (keep) => {
  expect(() => createChannels(undefined, { keep })).toThrow('keep is')
})
