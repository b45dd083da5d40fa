// A failure that may pass is retried, never sooner than the server asked, never in step with others; the rest is fatal.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type SubscribeOptions, subscribe } from '../../src/client/index.ts'
import { errorsOf } from './collect.ts'
import { breaking, ending, failing, open, type ScriptedFetch, scriptedFetch, status } from './scripted-fetch.ts'

const url = 'http://events.test/'
let random: { mockReturnValue(value: number): unknown }

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('reportError', () => {})
  random = vi.spyOn(Math, 'random').mockReturnValue(0.5)
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

const settle = () => vi.advanceTimersByTimeAsync(0)

/** Subscribes and lets the first attempt happen. */
async function first(fetch: ScriptedFetch, options: SubscribeOptions<any> = {}) {
  const subscription = subscribe(url, { fetch, ...options })
  const errors = errorsOf(subscription)
  await settle()
  return { subscription, errors }
}

/** Milliseconds between the calls, each waited for. */
async function gaps(fetch: ScriptedFetch, count: number): Promise<number[]> {
  for (let round = 0; fetch.calls.length <= count && round < 100; round++) await vi.advanceTimersToNextTimerAsync()
  return fetch.calls.slice(0, count).map(({ at }, index) => fetch.calls[index + 1]!.at - at)
}

describe('which failures are retried', () => {
  it.each([408, 421, 425, 429, 500, 502, 503, 504, 507, 520, 599])('waits after %i', async (code) => {
    const { subscription, errors } = await first(scriptedFetch(status(code)))
    expect(subscription.status).toBe('waiting')
    expect(errors).toEqual([expect.objectContaining({ code: 'http-status', status: code, willRetry: true })])
    subscription.close()
  })

  it.each([201, 202, 205, 206, 301, 304, 400, 401, 402, 403, 404, 405, 406, 409, 410, 415, 422, 451, 501, 505, 511])(
    'closes after %i',
    async (code) => {
      const fetch = scriptedFetch(status(code, { 'Content-Type': 'text/event-stream' }))
      const { subscription, errors } = await first(fetch)
      expect(subscription.state.get()).toEqual({ status: 'closed', reason: 'fatal', error: errors[0] })
      expect(errors).toEqual([expect.objectContaining({ status: code, willRetry: false })])
      await vi.advanceTimersByTimeAsync(3_600_000)
      expect(fetch.calls).toHaveLength(1)
    },
  )

  it('waits after a failure of the network and after the end of a stream', async () => {
    const fetch = scriptedFetch(failing('getaddrinfo ENOTFOUND'), ending(), open())
    const { subscription, errors } = await first(fetch)
    await gaps(fetch, 2)
    expect(errors.map(({ code }) => code)).toEqual(['network', 'stream-ended'])
    expect(errors[0]!.message).toBe('connection to http://events.test/ failed: getaddrinfo ENOTFOUND')
    subscription.close()
  })

  it('waits after a function for the URL, the headers or the body has failed, because tokens come over the network', async () => {
    const fetch = scriptedFetch(open())
    let calls = 0
    const headers = async () => {
      if (++calls === 1) throw new Error('no token')
      return { Authorization: 'Bearer 2' }
    }
    const { subscription, errors } = await first(fetch, { headers })
    expect(fetch.calls).toHaveLength(0)
    expect(errors).toEqual([expect.objectContaining({ code: 'callback-failed', willRetry: true })])
    expect(errors[0]!.message).toBe('`headers` failed: no token')
    await vi.advanceTimersToNextTimerAsync()
    expect(fetch.calls[0]!.init.headers.get('Authorization')).toBe('Bearer 2')
    subscription.close()
  })

  it('emits the state before the error', async () => {
    const subscription = subscribe(url, { fetch: scriptedFetch(status(503)) })
    const order: string[] = []
    subscription.state.subscribe(({ status }) => order.push(status))
    subscription.onError(({ code }) => order.push(`${code} while ${subscription.status}`))
    await settle()
    expect(order).toEqual(['connecting', 'waiting', 'http-status while waiting'])
    subscription.close()
  })

  it('reads at most 64 KiB of an error, for at most two seconds, and frees the rest', async () => {
    let cancelled = false
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(10_000).fill(120)),
      cancel: () => {
        cancelled = true
      },
    })
    const silent = new ReadableStream<Uint8Array>({})
    const fetch = scriptedFetch(
      () => new Response(endless, { status: 500 }),
      () => new Response(silent, { status: 500 }),
    )
    const { subscription, errors } = await first(fetch)
    await settle()
    expect(errors[0]!.body).toBe('x'.repeat(65_536))
    expect(cancelled).toBe(true)
    await gaps(fetch, 1)
    await vi.advanceTimersByTimeAsync(1_999)
    expect(errors).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(errors[1]).toMatchObject({ status: 500, body: '' })
    subscription.close()
  })
})

describe('how long it waits', () => {
  it('doubles a random span from one second to thirty', async () => {
    const fetch = scriptedFetch(failing())
    const { subscription, errors } = await first(fetch)
    expect(await gaps(fetch, 7)).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000])
    expect(errors.slice(0, 3).map(({ attempt, retryIn }) => [attempt, retryIn])).toEqual([
      [1, 500],
      [2, 1000],
      [3, 2000],
    ])
    subscription.close()
  })

  it.each([
    [0, 0],
    [0.999, 999],
  ])('spreads the first delay over the whole span (random %d)', async (value, delay) => {
    random.mockReturnValue(value)
    const { subscription, errors } = await first(scriptedFetch(failing()))
    expect(errors[0]!.retryIn).toBe(delay)
    subscription.close()
  })

  it.each(['retry: 5000\n', 'retry: 5000\n\n'])('adds the span to what the server asks for with %j', async (wire) => {
    const { subscription, errors } = await first(scriptedFetch(ending(wire)))
    expect(errors[0]!.retryIn).toBe(5_500)
    subscription.close()
  })

  it('never takes retry: 0 for a hot loop', async () => {
    random.mockReturnValue(0.001)
    const fetch = scriptedFetch(ending('retry: 0\n\n'))
    const { subscription } = await first(fetch)
    await vi.advanceTimersByTimeAsync(10_000)
    random.mockReturnValue(1)
    expect((await gaps(fetch, fetch.calls.length + 2)).slice(-2)).toEqual([30_000, 30_000])
    subscription.close()
  })

  it('waits an hour and the span where retry is beyond what timers can count', async () => {
    const { subscription, errors } = await first(scriptedFetch(ending('retry: 2147483648\n\n')))
    expect(errors[0]!.retryIn).toBe(3_600_500)
    subscription.close()
  })

  it.each([
    ['seconds', () => '7', 7_500],
    ['a date', () => new Date(Date.now() + 20_000).toUTCString(), 20_500],
    ['a date that has passed', () => new Date(Date.now() - 20_000).toUTCString(), 500],
    ['a day', () => '86400', 3_600_500],
    ['nonsense', () => 'soon', 500],
  ])('honours Retry-After given as %s, once', async (_, value, delay) => {
    vi.setSystemTime(1_800_000_000_000)
    const fetch = scriptedFetch(status(503, { 'Retry-After': value() }), failing())
    const { subscription, errors } = await first(fetch)
    expect(errors[0]!.retryIn).toBe(delay)
    await gaps(fetch, 1)
    expect(errors[1]!.retryIn).toBe(1_000)
    subscription.close()
  })

  it('takes no min and no max under 100 ms: a loop without a pause helps nobody', async () => {
    const fetch = scriptedFetch(failing())
    const { subscription } = await first(fetch, { retry: { min: 0, max: 0 } })
    expect(await gaps(fetch, 3)).toEqual([50, 50, 50])
    subscription.close()
  })

  it('takes another policy', async () => {
    const fetch = scriptedFetch(failing())
    const { subscription } = await first(fetch, { retry: { min: 100, max: 900, factor: 3 } })
    expect(await gaps(fetch, 4)).toEqual([50, 150, 450, 450])
    subscription.close()
  })
})

describe('when the count starts anew', () => {
  const dies = (after: number, wire = ': nothing yet\n') => open(wire, (_, end) => setTimeout(end, after))

  it('goes on doubling after connections that delivered nothing and did not last ten seconds', async () => {
    const fetch = scriptedFetch(dies(9_999))
    const { subscription, errors } = await first(fetch)
    await gaps(fetch, 3)
    expect(errors.slice(0, 3).map(({ retryIn }) => retryIn)).toEqual([500, 1000, 2000])
    subscription.close()
  })

  it('starts anew after one that delivered an event, however short it was', async () => {
    const fetch = scriptedFetch(failing(), failing(), dies(1, 'data: 1\n\n'), failing())
    const { subscription, errors } = await first(fetch)
    await gaps(fetch, 4)
    expect(errors.slice(0, 4).map(({ retryIn, attempt }) => [retryIn, attempt])).toEqual([
      [500, 1],
      [1000, 2],
      [500, 1],
      [1000, 2],
    ])
    subscription.close()
  })

  it('starts anew after one that lasted so long', async () => {
    const fetch = scriptedFetch(failing(), failing(), dies(10_000))
    const { subscription, errors } = await first(fetch)
    await gaps(fetch, 4)
    expect(errors.slice(0, 4).map(({ retryIn, attempt }) => [retryIn, attempt])).toEqual([
      [500, 1],
      [1000, 2],
      [500, 1],
      [500, 1],
    ])
    subscription.close()
  })

  it('starts anew when a stream that had set retry ends after an event, as one that rotates does', async () => {
    const rotating = ending('retry: 3000\ndata: 1\n\n')
    const fetch = scriptedFetch(rotating)
    const { subscription, errors } = await first(fetch)
    await gaps(fetch, 3)
    expect(errors.slice(0, 3).map(({ retryIn }) => retryIn)).toEqual([3500, 3500, 3500])
    subscription.close()
  })

  it('does not when that stream has brought no event', async () => {
    const fetch = scriptedFetch(ending('retry: 3000\n\n'))
    const { subscription, errors } = await first(fetch)
    await gaps(fetch, 2)
    expect(errors.slice(0, 2).map(({ retryIn }) => retryIn)).toEqual([3500, 4000])
    subscription.close()
  })
})

describe('when it gives up', () => {
  it('closes as exhausted after maxRetries, with the last error', async () => {
    const fetch = scriptedFetch(failing())
    const { subscription, errors } = await first(fetch, { retry: { maxRetries: 2 } })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(fetch.calls).toHaveLength(3)
    expect(errors.map(({ willRetry }) => willRetry)).toEqual([true, true, false])
    expect(await subscription.closed).toEqual({ reason: 'exhausted', error: errors[2] })
    expect(errors[2]).not.toHaveProperty('retryIn')
  })

  it('does not retry at all with retry: false; the end of the stream is then no error', async () => {
    const failed = await first(scriptedFetch(failing()), { retry: false })
    expect(await failed.subscription.closed).toEqual({ reason: 'exhausted', error: failed.errors[0] })
    const finished = await first(scriptedFetch(ending('data: 1\n\n')), { retry: false })
    expect(await finished.subscription.closed).toEqual({ reason: 'server', end: 'complete' })
    expect(finished.errors).toEqual([])
  })

  it('asks a function, which may wait otherwise, give up, or go on after what is fatal', async () => {
    const seen: unknown[] = []
    const fetch = scriptedFetch(failing(), status(404), status(503, { 'Retry-After': '7' }))
    const { subscription, errors } = await first(fetch, {
      retry: ({ error, attempt, floor, delay }) => {
        seen.push([error.code, attempt, floor, delay])
        return error.status === 503 ? false : error.status === 404 ? 42 : undefined
      },
    })
    expect(await gaps(fetch, 2)).toEqual([500, 42])
    expect(seen).toEqual([
      ['network', 1, 0, 500],
      ['http-status', 2, 0, false],
      ['http-status', 3, 7000, 9000],
    ])
    expect(await subscription.closed).toEqual({ reason: 'exhausted', error: errors[2] })
  })

  it('falls back to the policy when that function throws, and reports it', async () => {
    const reported: unknown[] = []
    vi.stubGlobal('reportError', (error: unknown) => reported.push(error))
    const cause = new Error('oops')
    const { subscription, errors } = await first(scriptedFetch(failing()), {
      retry: () => {
        throw cause
      },
    })
    expect(errors[0]!.retryIn).toBe(500)
    expect(reported).toEqual([cause])
    subscription.close()
  })
})

describe('other methods', () => {
  it('does not repeat a POST that broke before an id was seen', async () => {
    const fetch = scriptedFetch(failing('socket hang up'))
    const { subscription, errors } = await first(fetch, { method: 'POST', body: 'x' })
    expect(await subscription.closed).toEqual({ reason: 'exhausted', error: errors[0] })
    expect(fetch.calls).toHaveLength(1)
  })

  it('repeats one that broke after an id, from there', async () => {
    const fetch = scriptedFetch(breaking('id: 3\ndata: 1\n\n'), open())
    const { subscription } = await first(fetch, { method: 'POST', body: 'x' })
    await gaps(fetch, 1)
    const { method, headers, body } = fetch.calls[1]!.init
    expect([method, headers.get('Last-Event-ID'), body]).toEqual(['POST', '3', 'x'])
    subscription.close()
  })

  it('repeats it freely when the policy names it', async () => {
    const fetch = scriptedFetch(ending('data: 1\n\n'), open())
    const { subscription } = await first(fetch, { method: 'POST', retry: { methods: ['GET', 'POST'] } })
    await gaps(fetch, 1)
    expect(fetch.calls).toHaveLength(2)
    subscription.close()
  })
})

describe('one request at a time', () => {
  it('aborts the one before it makes the next, and ignores what follows of it', async () => {
    let late!: (text: string) => void
    const fetch = scriptedFetch(
      open('data: 1\n\n', (send) => {
        late = send
      }),
      open('data: 2\n\n'),
    )
    const { subscription, errors } = await first(fetch)
    const seen: unknown[] = []
    subscription.on('message', (data) => seen.push(data))
    let most = 0
    subscription.state.subscribe(() => {
      most = Math.max(most, fetch.inFlight())
    })
    subscription.reconnect()
    late('data: from the one before\n\n')
    expect(fetch.inFlight()).toBe(0)
    await settle()
    expect(fetch.inFlight()).toBe(1)
    expect(fetch.calls[0]!.init.signal.aborted).toBe(true)
    expect(seen).toEqual([2])
    expect(most).toBe(1)
    expect(errors).toEqual([])
    subscription.close()
  })

  it('ends the wait of the one before at reconnect(), pause() and close()', async () => {
    const fetch = scriptedFetch(failing(), open(), failing())
    const { subscription } = await first(fetch)
    subscription.reconnect()
    await settle()
    expect(fetch.calls).toHaveLength(2)
    expect(subscription.status).toBe('open')
    subscription.reconnect()
    await settle()
    expect(subscription.status).toBe('waiting')
    subscription.pause()
    await vi.advanceTimersByTimeAsync(100_000)
    expect(fetch.calls).toHaveLength(3)
    expect(subscription.state.get()).toEqual({ status: 'paused', reason: 'manual' })
    subscription.resume()
    await settle()
    subscription.close()
    await vi.advanceTimersByTimeAsync(100_000)
    expect(fetch.calls).toHaveLength(4)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('never connects again once closed', async () => {
    const fetch = scriptedFetch(open())
    const { subscription } = await first(fetch)
    subscription.close()
    subscription.reconnect()
    subscription.resume()
    subscription.pause()
    await vi.advanceTimersByTimeAsync(100_000)
    expect(fetch.calls).toHaveLength(1)
    expect(subscription.state.get()).toEqual({ status: 'closed', reason: 'client' })
  })

  it('drops an answer that comes after it was given up, and frees it', async () => {
    let cancelled = false
    let answer!: (response: Response) => void
    const slow = () =>
      new Promise<Response>((resolve) => {
        answer = resolve
      })
    const fetch = scriptedFetch(slow)
    const { subscription } = await first(fetch)
    subscription.close()
    const body = new ReadableStream<Uint8Array>({
      cancel: () => {
        cancelled = true
      },
    })
    answer(new Response(body, { headers: { 'Content-Type': 'text/event-stream' } }))
    await settle()
    expect(cancelled).toBe(true)
    expect(subscription.state.get()).toEqual({ status: 'closed', reason: 'client' })
  })
})

it('keeps the id through attempts that die before an event', async () => {
  const fetch = scriptedFetch(ending('id: 9\ndata: 1\n\n'), failing(), status(503), ending(), open())
  const { subscription } = await first(fetch)
  await gaps(fetch, 4)
  expect(fetch.calls.map(({ init }) => init.headers.get('Last-Event-ID'))).toEqual([null, '9', '9', '9', '9'])
  subscription.close()
})
