// A page that is hidden, frozen, woken or offline treats its subscription accordingly, and leaves no listener behind.
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type SubscribeOptions, subscribe } from '../../src/client/index.ts'
import { failing, open, scriptedFetch, status } from '../client/scripted-fetch.ts'

let visibility: 'hidden' | 'visible'

beforeEach(() => {
  vi.useFakeTimers()
  visibility = 'visible'
  vi.spyOn(document, 'visibilityState', 'get').mockImplementation(() => visibility)
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const settle = () => vi.advanceTimersByTimeAsync(0)

async function subscribed(fetch = scriptedFetch(open('id: 1\ndata: 1\n\n')), options: SubscribeOptions<any> = {}) {
  const subscription = subscribe('https://events.test/', { fetch, ...options })
  await settle()
  return { subscription, fetch }
}

function see(state: 'hidden' | 'visible') {
  visibility = state
  document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))
}

it('gives the connection up for the back/forward cache and resumes from it with the cursor', async () => {
  const { subscription, fetch } = await subscribed()
  window.dispatchEvent(new Event('pagehide'))
  expect(subscription.state.get()).toEqual({ status: 'paused', reason: 'frozen' })
  expect(fetch.inFlight()).toBe(0)
  window.dispatchEvent(new Event('pageshow'))
  await settle()
  expect(subscription.status).toBe('open')
  expect(fetch.calls[1]!.init.headers.get('Last-Event-ID')).toBe('1')
  subscription.close()
})

it('does not resume what the user has paused', async () => {
  const { subscription, fetch } = await subscribed(undefined, { pauseHidden: 0 })
  subscription.pause()
  window.dispatchEvent(new Event('pagehide'))
  window.dispatchEvent(new Event('pageshow'))
  see('hidden')
  await vi.advanceTimersByTimeAsync(1)
  see('visible')
  window.dispatchEvent(new Event('online'))
  await vi.advanceTimersByTimeAsync(60_000)
  expect(subscription.state.get()).toEqual({ status: 'paused', reason: 'manual' })
  expect(fetch.calls).toHaveLength(1)
  subscription.resume()
  await settle()
  expect(subscription.status).toBe('open')
  subscription.close()
})

it('cannot be resumed by resume() while it is frozen', async () => {
  const { subscription } = await subscribed()
  window.dispatchEvent(new Event('pagehide'))
  subscription.resume()
  expect(subscription.state.get()).toEqual({ status: 'paused', reason: 'frozen' })
  subscription.close()
})

it('keeps a hidden page connected by default', async () => {
  const { subscription, fetch } = await subscribed()
  see('hidden')
  await vi.advanceTimersByTimeAsync(3_600_000)
  expect(subscription.status).toBe('open')
  expect(fetch.calls).toHaveLength(1)
  subscription.close()
})

it('gives a page that stays hidden up after pauseHidden, and comes back when it is seen', async () => {
  const { subscription, fetch } = await subscribed(undefined, { pauseHidden: 60_000 })
  see('hidden')
  await vi.advanceTimersByTimeAsync(59_999)
  see('visible')
  await vi.advanceTimersByTimeAsync(60_000)
  expect(subscription.status).toBe('open')
  see('hidden')
  await vi.advanceTimersByTimeAsync(60_000)
  expect(subscription.state.get()).toEqual({ status: 'paused', reason: 'hidden' })
  see('visible')
  await settle()
  expect(subscription.status).toBe('open')
  expect(fetch.calls).toHaveLength(2)
  subscription.close()
})

it('counts a page that was hidden from the start', async () => {
  visibility = 'hidden'
  const { subscription } = await subscribed(undefined, { pauseHidden: 1_000 })
  await vi.advanceTimersByTimeAsync(1_000)
  expect(subscription.state.get()).toEqual({ status: 'paused', reason: 'hidden' })
  subscription.close()
})

it.each([
  ['online', () => window.dispatchEvent(new Event('online'))],
  ['pageshow', () => window.dispatchEvent(new Event('pageshow'))],
  ['the page being seen', () => see('visible')],
])('cuts a wait short at %s, spread over a second', async (_, wake) => {
  const fetch = scriptedFetch(failing())
  const { subscription } = await subscribed(fetch, { retry: { min: 20_000 } })
  expect(subscription.state.get()).toMatchObject({ status: 'waiting', delay: 10_000, attempt: 2 })
  wake()
  expect(subscription.state.get()).toMatchObject({ status: 'waiting', delay: 500, attempt: 2 })
  await vi.advanceTimersByTimeAsync(500)
  expect(fetch.calls).toHaveLength(2)
  subscription.close()
})

it('never comes before the time that the server asked for', async () => {
  const fetch = scriptedFetch(status(503, { 'Retry-After': '120' }))
  const { subscription } = await subscribed(fetch)
  await vi.advanceTimersByTimeAsync(20_000)
  window.dispatchEvent(new Event('online'))
  expect(subscription.state.get()).toMatchObject({ status: 'waiting', delay: 100_000 })
  subscription.close()
})

it('does not make a short wait longer', async () => {
  const { subscription } = await subscribed(scriptedFetch(failing()), { retry: { min: 10 } })
  const before = subscription.state.get()
  window.dispatchEvent(new Event('online'))
  expect(subscription.state.get()).toBe(before)
  subscription.close()
})

it('takes its listeners and timers with it', async () => {
  visibility = 'hidden'
  const held = new Map<string, number>()
  const count = (by: number) => (type: unknown) => {
    held.set(type as string, (held.get(type as string) ?? 0) + by)
  }
  vi.spyOn(window, 'addEventListener').mockImplementation(count(1))
  vi.spyOn(window, 'removeEventListener').mockImplementation(count(-1))
  const { subscription } = await subscribed(undefined, { pauseHidden: 60_000 })
  expect(vi.getTimerCount()).toBe(1)
  expect(Object.fromEntries(held)).toEqual({ pagehide: 1, pageshow: 1, online: 1, visibilitychange: 1 })
  subscription.close()
  expect(vi.getTimerCount()).toBe(0)
  expect(Object.fromEntries(held)).toEqual({ pagehide: 0, pageshow: 0, online: 0, visibilitychange: 0 })
})
