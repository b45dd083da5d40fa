// Hubs with the same key share one connection, with this process's own locks and channels in place of a browser's.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Hub, HubTopic } from '../../../src/client/hub/index.ts'
import { CHECK_INTERVAL } from '../../../src/client/hub/leader-watch.ts'
import { type Events, Server } from './serve.ts'

let server = new Server()
let hubs: Hub<Events>[] = []
let key = ''

beforeEach(() => {
  // Only browsers have a location.
  vi.stubGlobal('location', new URL('https://example.com/'))
  key = `${Math.random()}`
})
afterEach(async () => {
  for (const hub of hubs.splice(0)) hub.close()
  await server.channel.close()
  server = new Server()
  hubs = []
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

const open = (options: Parameters<Server['hub']>[0] = {}) => {
  const hub = server.hub({ share: 'tabs', key, ...options })
  hubs.push(hub)
  return hub
}
const collect = (topic: HubTopic<Events>) => {
  const seen: number[] = []
  topic.on('changed', (data) => seen.push(data))
  return seen
}
const until = async (holds: () => boolean) => {
  for (let tries = 0; !holds(); tries++) {
    if (tries === 2_000) throw new Error('it does not happen')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
/** Counts the states of the connection that hubs have received from others. */
const countStates = () => {
  let count = 0
  class Counting extends BroadcastChannel {
    override set onmessage(listener: (event: MessageEvent) => void) {
      super.onmessage = (event) => {
        listener(event)
        if (event.data.state) count++
      }
    }
  }
  vi.stubGlobal('BroadcastChannel', Counting)
  return () => count
}
const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

describe('tabs', () => {
  it('share one connection, also for topics that others have', async () => {
    const topics = ['a', 'a', 'b'].map((name) => open().topics(name))
    await Promise.all(topics.map(({ opened }) => opened))
    const seen = topics.map(collect)
    server.channel.publish('changed', 1, { topics: ['a'] })
    server.channel.publish('changed', 2, { topics: ['a', 'b'] })
    await until(() => seen.every((list) => list.at(-1) === 2))
    expect(seen).toEqual([[1, 2], [1, 2], [2]])
    expect(server.open).toBe(1)
    expect(topics.map(({ state }) => state.get().share)).toEqual(['tabs', 'tabs', 'tabs'])
    expect(new Set(topics.map(({ lastEventId }) => lastEventId)).size).toBe(1)
  })

  it('learn of states and errors, with what is in them', async () => {
    const topics = [open().topics('a'), open().topics('a')]
    await Promise.all(topics.map(({ opened }) => opened))
    const errors: unknown[] = []
    for (const topic of topics)
      topic.onError(({ code, status, body, attempt }) => errors.push([code, status, body, attempt]))
    server.refuse = () => new Response('too busy', { status: 503, headers: { 'Retry-After': '0' } })
    const old = server.channel
    await old.close({ retry: 0 })
    await until(() => errors.length >= 4)
    expect(errors).toContainEqual(['stream-ended', undefined, undefined, 1])
    expect(errors.filter((error) => `${error}`.startsWith('http-status,503,too busy,2'))).toHaveLength(2)
    const [one, two] = topics.map(({ state }) => state.get())
    expect(two).toMatchObject({ status: one!.status, share: 'tabs' })
  })

  it('that open while the leader connects learn that it is open', async () => {
    // As in a hidden tab, no check for a silent leader asks once more.
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const states = countStates()
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    let requested = 0
    const fetch: typeof server.fetch = async (...request) => {
      requested++
      await released
      return server.fetch(...request)
    }
    const first = open({ fetch }).topics('a')
    await until(() => requested > 0)
    const second = open({ fetch }).topics('a')
    // The second tab has received the state of a leader whose connection was not announced yet.
    await until(() => states() > 0)
    release()
    await Promise.all([first.opened, second.opened])
    expect(server.open).toBe(1)
  })

  it('close by themselves, and the others go on', async () => {
    const topics = [0, 1, 2].map(() => open().topics('a'))
    await Promise.all(topics.map(({ opened }) => opened))
    const seen = topics.map(collect)
    let count = 0
    const publishing = setInterval(() => server.channel.publish('changed', ++count, { topics: ['a'] }), 1)
    await until(() => seen.every((list) => list.length > 10))
    let overlapping: number | undefined
    server.refuse = () => {
      overlapping = server.requests.slice(0, -1).filter(({ signal }) => !signal.aborted).length
      return undefined
    }
    hubs[0]!.close()
    expect(topics[0]!.status).toBe('closed')
    await until(() => server.requests.length === 2 && count > 200)
    clearInterval(publishing)
    await until(() => seen.slice(1).every((list) => list.at(-1) === count))
    for (const list of seen.slice(1)) expect(list).toEqual(numbers(1, count))
    expect(server.open).toBe(1)
    // The leader gives its connection up before its lock.
    expect(overlapping).toBe(0)
  })

  it('end together', async () => {
    const topics = [open().topics('a'), open().topics('b')]
    await Promise.all(topics.map(({ opened }) => opened))
    hubs[1]!.end()
    for (const { closed } of topics) expect((await closed).reason).toBe('client')
    await until(() => server.open === 0)
    expect(hubs[0]!.topics('a').status).toBe('closed')
  })

  it('with other keys are other users', async () => {
    const topics = [open().topics('a'), open({ key: `${key}2` }).topics('a')]
    await Promise.all(topics.map(({ opened }) => opened))
    expect(server.open).toBe(2)
    hubs[0]!.end()
    await until(() => server.open === 1)
    expect(topics[1]!.status).toBe('open')
  })

  it('whose loop is full catch up from their cursor, and hold up nobody', async () => {
    const [leader, slow] = [open().topics('a'), open().topics('a')]
    await Promise.all([leader.opened, slow.opened])
    const seen = collect(leader)
    const loop = slow.events('changed')[Symbol.asyncIterator]()
    const first = loop.next()
    for (let round = 0; round < 30; round++) {
      for (let index = 1; index <= 100; index++)
        server.channel.publish('changed', round * 100 + index, { topics: ['a'] })
      await until(() => seen.length === (round + 1) * 100)
    }
    expect((await first).value?.data).toBe(1)
    for (let number = 2; number <= 3_000; number++) expect((await loop.next()).value?.data).toBe(number)
    expect(seen).toEqual(numbers(1, 3_000))
  })

  it('leave the lock to a leader that replies, also while it waits for its server', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const requests = vi.spyOn(navigator.locks, 'request')
    const states = countStates()
    try {
      server.refuse = () => new Response(null, { status: 503 })
      const topics = [0, 1].map(() => open({ retry: { min: 60_000, max: 60_000 } }).topics('a'))
      await until(() => topics.every(({ status }) => status === 'waiting'))
      for (let round = 0; round < 3; round++) {
        const before = states()
        // The follower counts one silent check, asks at the second one, and would steal at the third.
        vi.advanceTimersByTime(2 * CHECK_INTERVAL)
        await until(() => states() > before)
      }
      expect(requests.mock.calls.filter(([, options]) => (options as LockOptions).steal)).toEqual([])
    } finally {
      requests.mockRestore()
      vi.useRealTimers()
    }
  })

  it('each have a connection where the browser refuses locks', async () => {
    const refused = Object.assign(new Error('not here'), { name: 'SecurityError' })
    vi.stubGlobal('navigator', {
      locks: { request: () => Promise.reject(refused), query: () => Promise.reject(refused) },
    })
    const topics = [open().topics('a'), open().topics('a')]
    await Promise.all(topics.map(({ opened }) => opened))
    expect(server.open).toBe(2)
    expect(topics[0]!.state.get().share).toBe('page')
  })

  it('lose and double nothing while topics and tabs come and go at random', async () => {
    const seed = Math.floor(Math.random() * 2 ** 31)
    let state = seed
    const random = (below: number) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
      return state % below
    }
    const names = ['a', 'b', 'c']
    const published: Record<string, number[]> = { a: [], b: [], c: [] }
    const uses: { hub: Hub<Events>; name: string; topic: HubTopic<Events>; seen: number[]; from: number }[] = []
    let count = 0
    const add = async (hub: Hub<Events>) => {
      const name = names[random(3)]!
      const topic = hub.topics(name)
      const use = { hub, name, topic, seen: collect(topic), from: Infinity }
      uses.push(use)
      topic.opened.then(
        () => {
          use.from = count
        },
        () => {}, // It was closed before.
      )
    }
    const publishing = setInterval(() => {
      const name = names[random(3)]!
      published[name]!.push(++count)
      server.channel.publish('changed', count, { topics: [name] })
    }, 1)
    for (let index = 0; index < 3; index++) add(open())
    for (let step = 0; step < 150; step++) {
      await new Promise((resolve) => setTimeout(resolve, 10))
      const hub = hubs[random(hubs.length)]!
      const what = random(10)
      if (what < 4) add(hub)
      else if (what < 6) {
        const mine = uses.filter((use) => use.hub === hub)
        const use = mine[random(mine.length || 1)]
        if (use) {
          use.topic.close()
          uses.splice(uses.indexOf(use), 1)
        }
      } else if (what < 7 && hubs.length > 1) {
        hubs.splice(hubs.indexOf(hub), 1)
        hub.close()
        for (const use of uses.filter((use) => use.hub === hub)) uses.splice(uses.indexOf(use), 1)
      } else if (what < 8) add(open())
      else if (what < 9) for (const stream of server.channel) stream.close({ retry: 0 })
    }
    await Promise.all(uses.map(({ topic }) => topic.opened))
    clearInterval(publishing)
    for (const name of names) {
      published[name]!.push(++count)
      server.channel.publish('changed', count, { topics: [name] })
    }
    for (const { name, seen, from } of uses) {
      const all = published[name]!
      await until(() => seen.at(-1) === all.at(-1))
      expect(seen, `seed ${seed}: twice or out of order`).toEqual([...new Set(seen)].sort((one, other) => one - other))
      const missing = all.filter((number) => number > Math.min(from, seen[0]!) && !seen.includes(number))
      expect(missing, `seed ${seed}: lost`).toEqual([])
    }
    expect(server.open).toBe(1)
  })
})
