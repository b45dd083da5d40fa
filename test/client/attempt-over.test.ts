// A transport reports nothing once its attempt is over, at whatever moment that happens, and keeps no connection.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { eventSourceTransport, type FetchLike, type Subscription } from '../../src/client/index.ts'
import { poll } from '../../src/client/poll/index.ts'
import { subscribed } from './collect.ts'
import { open, type ScriptedFetch, scriptedFetch } from './scripted-fetch.ts'

/** More than a loop may be behind. */
const EVENTS = 5_000
const URL = 'http://127.0.0.1/events'
const endings: [string, (subscription: Subscription<any>) => void, object][] = [
  ['close()', (subscription) => subscription.close(), { status: 'closed', reason: 'client' }],
  ['pause()', (subscription) => subscription.pause(), { status: 'paused', reason: 'manual' }],
]

/** Lets everything happen that waits for microtasks only. */
const turn = () => new Promise((resolve) => setImmediate(resolve))

async function afterTurns(turns: number, then: () => void): Promise<void> {
  for (let count = 0; count < turns; count++) await Promise.resolve()
  then()
}

beforeEach(
  () => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] }),
)
afterEach(() => void vi.useRealTimers())

/** A fetch whose body does not follow the signal, and the number of bodies that were not cancelled. */
function deafFetch(onCheck: () => void = () => {}): FetchLike & { readonly left: () => number } {
  let left = 0
  const fetch: FetchLike = async () => {
    left++
    const body = new ReadableStream<Uint8Array>({ cancel: () => void left-- })
    const response = new Response(body, { headers: { 'Content-Type': 'text/event-stream' } })
    const { headers } = response
    const get = (name: string) => {
      onCheck()
      return headers.get(name)
    }
    return Object.defineProperty(response, 'headers', { value: { get } })
  }
  return Object.assign(fetch, { left: () => left })
}

describe.each(endings)('%s', (_, end, state) => {
  it('while a response is checked leaves it unread', async () => {
    const fetch = deafFetch(() => end(subscription))
    const subscription = subscribed(URL, { fetch })
    const states: string[] = []
    subscription.state.subscribe(({ status }) => states.push(status))
    await turn()
    expect(subscription.state.get()).toEqual(state)
    expect(states).not.toContain('open')
    expect(fetch.left()).toBe(0)
  })

  it('at any moment before a response is there leaves no connection, and is the last state', async () => {
    for (let turns = 0; turns < 40; turns++) {
      const fetch = deafFetch()
      const subscription = subscribed(URL, { fetch })
      await afterTurns(turns, () => end(subscription))
      await turn()
      expect(subscription.state.get()).toEqual(state)
      expect(fetch.left(), `after ${turns} turns`).toBe(0)
    }
  })

  it('while a redirect is on its way follows it no more', async () => {
    const asked: string[] = []
    const fetch: FetchLike = async (url) => {
      asked.push(url)
      end(subscription)
      return new Response(null, { status: 307, headers: { Location: '/other' } })
    }
    const subscription = subscribed(URL, { fetch })
    await turn()
    expect(subscription.state.get()).toEqual(state)
    expect(asked).toEqual([URL])
  })

  it('at any moment leaves no EventSource', async () => {
    let left = 0
    class Source {
      readonly readyState = 0
      constructor() {
        left++
      }
      addEventListener() {}
      close() {
        left--
      }
    }
    const transport = eventSourceTransport(Source)
    for (let turns = 0; turns < 40; turns++) {
      const subscription = subscribed<{ message: string }>(async () => URL, { transport })
      await afterTurns(turns, () => end(subscription))
      await turn()
      expect(left, `after ${turns} turns`).toBe(0)
    }
  })

  it('while a page is awaited by a fetch that ignores the signal leaves no timer', async () => {
    const fetch: FetchLike = () => new Promise(() => {})
    const subscription = subscribed(URL, { fetch, fallback: poll({ timeout: 10 }), retry: { min: 1, max: 1 } })
    await turn()
    for (let count = 0; count < 100; count++) {
      await vi.advanceTimersByTimeAsync(10)
      await turn()
    }
    end(subscription)
    await vi.advanceTimersByTimeAsync(1_000)
    await turn()
    expect(subscription.state.get()).toEqual(state)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('while a loop is behind leaves no watchdog that would connect again', async () => {
    const more = Array.from({ length: EVENTS }, (_, count) => `data: ${count}\n\n`).join('')
    const fetch: ScriptedFetch = scriptedFetch(open(`: heartbeat=1000\n\n${more}`))
    const subscription = subscribed(URL, { fetch, lazy: false })
    const loop = subscription.events('message')[Symbol.asyncIterator]()
    const first = loop.next()
    await turn()
    expect(await first).toMatchObject({ value: { data: 0 } })
    await turn()
    end(subscription)
    for (let count = 1; count < EVENTS; count++) void loop.next()
    await turn()
    await vi.advanceTimersByTimeAsync(60_000)
    await turn()
    expect(subscription.state.get()).toEqual(state)
    expect(fetch.calls).toHaveLength(1)
    expect(vi.getTimerCount()).toBe(0)
  })
})
