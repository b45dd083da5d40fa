// A connection that has died without a word is noticed; one that only slept is given a moment; silence of our own making counts for nothing.
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type SubscribeOptions, subscribe } from '../../src/client/index.ts'
import { errorsOf, nextError, subscribed } from './collect.ts'
import { rawServer, stream } from './raw-server.ts'
import { open, scriptedFetch } from './scripted-fetch.ts'

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

const HEARTBEAT = ': heartbeat=15000\n\n'

async function opened(text: string, options: SubscribeOptions<any> = {}) {
  vi.useFakeTimers()
  let send!: (text: string) => void
  const fetch = scriptedFetch(
    open(text, (more) => {
      send = more
    }),
    open(text),
  )
  const subscription = subscribe('http://events.test/', { fetch, ...options })
  const errors = errorsOf(subscription)
  await vi.advanceTimersByTimeAsync(0)
  expect(subscription.status).toBe('open')
  return { subscription, errors, fetch, send: (more: string) => send(more) }
}

describe('with a real socket that goes silent', () => {
  it.each([
    ['line', ': heartbeat=1000\n'],
    ['block, as servers of before wrote it', ': heartbeat=1000\n\n'],
  ])('is lost after 2.5 of the heartbeats that the server announced in a %s, and comes back', async (_, preamble) => {
    const server = await rawServer(stream(`${preamble}data: 1\n\n`), stream('data: 2\n\n'))
    const subscription = subscribed(server.url, { retry: { min: 1 } })
    const error = nextError(subscription)
    const seen: unknown[] = []
    for await (const { data } of subscription) {
      seen.push(data)
      if (seen.length === 2) break
    }
    expect(seen).toEqual([1, 2])
    expect(await error).toMatchObject({ code: 'idle', willRetry: true })
    expect((await error).message).toBe('no bytes arrived for 2500 ms')
    await server.idle()
  })

  it.each(['30', '999', '0', '-1', 'soon'])('does not believe a heartbeat of %s', async (heartbeat) => {
    const { subscription, errors } = await opened(`: heartbeat=${heartbeat}\n`)
    await vi.advanceTimersByTimeAsync(3_600_000)
    expect(errors).toEqual([])
    expect(subscription.status).toBe('open')
    subscription.close()
  })

  it('is lost when not even an answer comes within idleTimeout', async () => {
    const server = await rawServer(() => {}, stream('data: 1\n\n'))
    const subscription = subscribed(server.url, { retry: { min: 1 }, idleTimeout: 40 })
    const error = nextError(subscription)
    await subscription.once('message')
    expect((await error).message).toBe('no bytes arrived for 40 ms')
  })
})

describe('the watchdog', () => {
  it('counts any byte, comments too', async () => {
    const { subscription, errors, send } = await opened(HEARTBEAT)
    for (let beat = 0; beat < 10; beat++) {
      await vi.advanceTimersByTimeAsync(37_000)
      send([':\n', ':\n\n', 'data'][beat % 3]!)
      await vi.advanceTimersByTimeAsync(0)
    }
    expect(errors).toEqual([])
    await vi.advanceTimersByTimeAsync(37_499)
    expect(errors).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(errors).toEqual([expect.objectContaining({ code: 'idle' })])
    subscription.close()
  })

  it('is off where no heartbeat is announced, and with idleTimeout: false', async () => {
    const silent = await opened('data: 1\n\n')
    await vi.advanceTimersByTimeAsync(10 * 3_600_000)
    expect(silent.errors).toEqual([])
    silent.subscription.close()
    const off = await opened(HEARTBEAT, { idleTimeout: false })
    await vi.advanceTimersByTimeAsync(10 * 3_600_000)
    expect(off.errors).toEqual([])
    off.subscription.close()
  })

  it('takes only the first comment for the announcement', async () => {
    const { subscription, errors } = await opened(`: hello\n\n${HEARTBEAT}`)
    await vi.advanceTimersByTimeAsync(10 * 3_600_000)
    expect(errors).toEqual([])
    subscription.close()
  })

  it('expects the announced heartbeat of the next attempt too, until that announces its own or none', async () => {
    vi.useFakeTimers()
    vi.spyOn(Math, 'random').mockReturnValue(0)
    const never = () => new Promise<Response>(() => {})
    const fetch = scriptedFetch(
      open(HEARTBEAT, (_, end) => setTimeout(end, 1_000)),
      never,
      open('data: 1\n\n', (_, end) => setTimeout(end, 3_600_000)),
      never,
    )
    const subscription = subscribe('http://events.test/', { fetch })
    const errors = errorsOf(subscription)
    await vi.advanceTimersByTimeAsync(1_000 + 37_500 + 10)
    expect(errors.map(({ code }) => code)).toEqual(['stream-ended', 'idle'])
    await vi.advanceTimersByTimeAsync(10 * 3_600_000)
    expect(errors.slice(2).map(({ code }) => code)).toEqual(['stream-ended'])
    expect(fetch.calls).toHaveLength(4)
    expect(subscription.status).toBe('connecting')
    subscription.close()
  })

  it('takes a number for itself, whatever is announced', async () => {
    const { subscription, errors } = await opened(HEARTBEAT, { idleTimeout: 60_000 })
    await vi.advanceTimersByTimeAsync(59_999)
    expect(errors).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(errors[0]!.message).toBe('no bytes arrived for 60000 ms')
    subscription.close()
  })

  it('ignores a heartbeat that is not a number, or is beyond the range of timers', async () => {
    for (const announced of ['soon', '-5', 'NaN', '0', '99999999999']) {
      const { subscription, errors } = await opened(`: heartbeat=${announced}\n\n`)
      await vi.advanceTimersByTimeAsync(3_600_000)
      expect(errors).toEqual([])
      subscription.close()
    }
  })

  it('stands still while a full queue keeps us from reading', async () => {
    const { subscription, errors } = await opened(`${HEARTBEAT}${'data: 1\n\n'.repeat(2_000)}`)
    const loop = subscription[Symbol.asyncIterator]()
    subscription.reconnect()
    await vi.advanceTimersByTimeAsync(0)
    await vi.advanceTimersByTimeAsync(3_600_000)
    expect(errors).toEqual([])
    for (let count = 0; count < 2_000; count++) await loop.next()
    await vi.advanceTimersByTimeAsync(37_500)
    expect(errors).toEqual([expect.objectContaining({ code: 'idle' })])
    subscription.close()
  })
})

describe('a sleeping computer', () => {
  it('gives one heartbeat of grace to a connection that may have survived', async () => {
    const { subscription, errors, send, fetch } = await opened(HEARTBEAT)
    await vi.advanceTimersByTimeAsync(10_000)
    // The clock jumps while timers stand still: the timer is late when it fires.
    vi.setSystemTime(Date.now() + 3_600_000)
    await vi.advanceTimersByTimeAsync(27_500)
    expect(errors).toEqual([])
    send(':\n\n')
    await vi.advanceTimersByTimeAsync(37_499)
    expect(errors).toEqual([])
    expect(fetch.calls).toHaveLength(1)
    subscription.close()
  })

  it('gives no more than one', async () => {
    const { subscription, errors } = await opened(HEARTBEAT)
    vi.setSystemTime(Date.now() + 3_600_000)
    await vi.advanceTimersByTimeAsync(37_500)
    expect(errors).toEqual([])
    vi.setSystemTime(Date.now() + 3_600_000)
    await vi.advanceTimersByTimeAsync(15_000)
    expect(errors).toEqual([expect.objectContaining({ code: 'idle' })])
    subscription.close()
  })

  it('is not fooled by a clock that is set back', async () => {
    const { subscription, errors } = await opened(HEARTBEAT)
    vi.setSystemTime(Date.now() - 3_600_000)
    await vi.advanceTimersByTimeAsync(80_000)
    expect(errors).toEqual([expect.objectContaining({ code: 'idle' })])
    subscription.close()
  })
})

it('adds no global listeners without a document', async () => {
  const added: string[] = []
  vi.stubGlobal('addEventListener', (type: string) => added.push(type))
  const { subscription } = await opened('')
  expect(added).toEqual([])
  subscription.close()
  expect(vi.getTimerCount()).toBe(0)
})
