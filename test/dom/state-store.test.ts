// The state of a subscription is a store that the frameworks take as it is.
import { act, createElement, StrictMode, useEffect, useState, useSyncExternalStore } from 'react'
import { createRoot } from 'react-dom/client'
import { distinctUntilChanged, map, Observable, type Subscription as RxSubscription } from 'rxjs'
import { createRoot as createSolidRoot, from } from 'solid-js'
import { get, readable } from 'svelte/store'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { type Subscription, type SubscriptionState, subscribe } from '../../src/client/index.ts'
import { failing, open, scriptedFetch, status } from '../client/scripted-fetch.ts'

const url = 'https://events.test/'

beforeEach(() => {
  vi.useFakeTimers()
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const settle = (ms = 0) => vi.advanceTimersByTimeAsync(ms)

function subscribed(fetch = scriptedFetch(failing(), open())): Subscription<any> {
  const subscription = subscribe<any>(url, { fetch })
  onTestFinished(() => subscription.close())
  return subscription
}

describe('the store', () => {
  it('emits the snapshot at once and each change once, and keeps the identity between', async () => {
    const { state, close } = subscribed()
    const seen: SubscriptionState[] = []
    state.subscribe((snapshot) => seen.push(snapshot))
    expect(seen).toEqual([{ status: 'connecting', attempt: 1 }])
    await settle()
    await settle(500)
    close()
    close()
    expect(seen.map(({ status }) => status)).toEqual(['connecting', 'waiting', 'connecting', 'open', 'closed'])
    expect(seen[1]).toMatchObject({ attempt: 2, delay: 500, retryAt: Date.now(), error: { code: 'network' } })
    expect(seen[2]).toEqual({ status: 'connecting', attempt: 2 })
    expect(seen[3]).toMatchObject({ since: Date.now(), url })
    expect((seen[3] as { headers: Headers }).headers.get('Content-Type')).toBe('text/event-stream')
    expect(state.get()).toBe(seen[4])
    expect(state.get()).toBe(state.get())
  })

  it('emits no stale snapshot when a listener changes the state', async () => {
    const subscription = subscribed(scriptedFetch(open()))
    const seen: string[] = []
    subscription.state.subscribe(({ status }) => status === 'open' && subscription.close())
    subscription.state.subscribe(({ status }) => seen.push(status))
    await settle()
    expect(seen).toEqual(['connecting', 'closed'])
  })

  it('notifies every listener although one throws', async () => {
    const reported = vi.fn()
    vi.stubGlobal('reportError', reported)
    onTestFinished(() => {
      vi.unstubAllGlobals()
    })
    const subscription = subscribed(scriptedFetch(status(404)))
    const seen: string[] = []
    subscription.onError(() => {})
    subscription.state.subscribe(() => {
      throw new Error('mine')
    })
    const undo = subscription.state.subscribe(({ status }) => seen.push(status))
    undo()
    subscription.state.subscribe(({ status }) => seen.push(status))
    await settle()
    expect(seen).toEqual(['connecting', 'connecting', 'closed'])
    expect(reported).toHaveBeenCalledTimes(2)
  })
})

describe('React', () => {
  const mounted: { unmount(): void }[] = []
  beforeEach(() => {
    vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true)
  })
  afterEach(() => {
    for (const root of mounted.splice(0)) act(() => root.unmount())
    vi.unstubAllGlobals()
  })

  function render(element: ReturnType<typeof createElement>) {
    const container = document.createElement('div')
    const root = createRoot(container)
    act(() => root.render(element))
    mounted.push(root)
    return { container, root }
  }

  it('follows it with useSyncExternalStore', async () => {
    const { state, close } = subscribed()
    function Status() {
      const snapshot = useSyncExternalStore(state.subscribe, state.get)
      return snapshot.status === 'waiting' ? `waiting ${snapshot.delay}` : snapshot.status
    }
    const { container } = render(createElement(Status))
    expect(container.textContent).toBe('connecting')
    await act(() => settle())
    expect(container.textContent).toBe('waiting 500')
    await act(() => settle(500))
    expect(container.textContent).toBe('open')
    act(close)
    expect(container.textContent).toBe('closed')
  })

  it('makes one request in StrictMode, which mounts twice', async () => {
    const fetch = scriptedFetch(open('data: "hello"\n\n'))
    function Feed() {
      const [last, setLast] = useState('nothing')
      useEffect(() => {
        const subscription = subscribe<{ message: string }>(url, { fetch })
        subscription.on('message', setLast)
        return subscription.close
      }, [])
      return last
    }
    const { container, root } = render(createElement(StrictMode, null, createElement(Feed)))
    await act(() => settle())
    expect(container.textContent).toBe('hello')
    expect(fetch.calls).toHaveLength(1)
    await act(async () => root.unmount())
    expect(fetch.inFlight()).toBe(0)
  })
})

it('is a Svelte store', async () => {
  const { state, close } = subscribed()
  const seen: string[] = []
  const stop = readable('', (set) => state.subscribe(({ status }) => set(status))).subscribe((text) => seen.push(text))
  expect(get({ subscribe: state.subscribe })).toEqual({ status: 'connecting', attempt: 1 })
  await settle()
  expect(get(state).status).toBe('waiting')
  close()
  stop()
  expect(seen).toEqual(['connecting', 'waiting', 'closed'])
})

it('feeds a Solid signal through from()', async () => {
  const { state, close } = subscribed()
  const { read, dispose } = createSolidRoot((dispose) => ({ read: from(state), dispose }))
  await settle()
  expect(read()!.status).toBe('waiting')
  close()
  expect(read()!.status).toBe('closed')
  dispose()
})

it('becomes an RxJS observable in one line', async () => {
  const { state, close } = subscribed()
  const state$ = new Observable<SubscriptionState>((observer) => state.subscribe((snapshot) => observer.next(snapshot)))
  const seen: string[] = []
  const subscription: RxSubscription = state$
    .pipe(
      map(({ status }) => status),
      distinctUntilChanged(),
    )
    .subscribe((text) => seen.push(text))
  await settle()
  await settle(500)
  subscription.unsubscribe()
  close()
  expect(seen).toEqual(['connecting', 'waiting', 'connecting', 'open'])
})
