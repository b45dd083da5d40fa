// One connection serves a page: topics come and go on it, each event reaches those that asked for its topics, and nothing is lost.
import { afterEach, describe, expect, it } from 'vitest'
import { createHub, type HubTopic } from '../../../src/client/hub/index.ts'
import { createChannel, memoryLog } from '../../../src/server/index.ts'
import { type Events, Server } from './serve.ts'

let server = new Server()
const hubs: { close(): void }[] = []

afterEach(async () => {
  for (const hub of hubs.splice(0)) hub.close()
  await server.channel.close()
  server = new Server()
})

const open = (...args: Parameters<Server['hub']>) => {
  const hub = server.hub(...args)
  hubs.push(hub)
  return hub
}

/** The payloads that a topic receives. */
const collect = (topic: HubTopic<Events>) => {
  const seen: number[] = []
  topic.on('changed', (data) => seen.push(data))
  return seen
}

/** Resolves once a topic has received a payload. */
const received = (topic: HubTopic<Events>, last: number) =>
  new Promise<void>((resolve) => {
    const remove = topic.on('changed', (data) => {
      if (data !== last) return
      remove()
      resolve()
    })
  })

describe('topics', () => {
  it('without any there is no connection', async () => {
    const hub = open()
    const none = hub.topics()
    expect(none.state.get()).toEqual({ status: 'paused', reason: 'idle', share: 'page' })
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(server.requests).toEqual([])
  })

  it('of one tick share one request', async () => {
    const hub = open()
    const topics = ['orders/7', 'orders/8', 'orders/7'].map((name) => hub.topics(name))
    await Promise.all(topics.map(({ opened }) => opened))
    expect(server.requests.map(({ topics }) => topics)).toEqual([['orders/7', 'orders/8']])
    expect(topics[0]!.state.get()).toMatchObject({ status: 'open', share: 'page' })
  })

  it('receive their own events, each once and in order', async () => {
    const hub = open()
    const [seven, eight, both, all] = [['o/7'], ['o/8'], ['o/7', 'o/8'], ['o/*']].map((names) => hub.topics(...names))
    const seen = [seven!, eight!, both!, all!].map(collect)
    await Promise.all([seven!.opened, eight!.opened, both!.opened, all!.opened])
    const last = received(all!, 4)
    server.channel.publish('changed', 1, { topics: ['o/7'] })
    server.channel.publish('changed', 2, { topics: ['o/8'] })
    server.channel.publish('changed', 3, { topics: ['o/7', 'o/8', 'secret'] })
    server.channel.publish('changed', 4, { topics: ['o/9'] })
    await last
    expect(seen).toEqual([
      [1, 3],
      [2, 3],
      [1, 2, 3],
      [1, 2, 3, 4],
    ])
  })

  it('that come later are added from the same cursor, and nothing is lost', async () => {
    const hub = open()
    const one = hub.topics('a')
    const seen = collect(one)
    await one.opened
    let count = 0
    const publishing = setInterval(() => server.channel.publish('changed', ++count, { topics: ['a', 'b'] }), 1)
    const two = hub.topics('b')
    const later = collect(two)
    await two.opened
    const from = count
    const three = hub.topics('c')
    await three.opened
    two.close()
    await server.requested(4)
    await received(one, count + 3)
    clearInterval(publishing)
    expect(seen).toEqual(Array.from({ length: seen.length }, (_, index) => index + 1))
    expect(later).toEqual(Array.from({ length: later.length }, (_, index) => later[0]! + index))
    expect(later[0]).toBeLessThanOrEqual(from + 1)
    expect(server.requests.map(({ topics }) => `${topics}`)).toEqual(['a', 'a,b', 'a,b,c', 'a,c'])
    expect(server.requests.slice(1).every(({ lastEventId }) => lastEventId)).toBe(true)
  })

  it('that the connection carries already are open at once', async () => {
    const hub = open()
    await hub.topics('a').opened
    expect(hub.topics('a').state.get().status).toBe('open')
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(server.requests).toHaveLength(1)
  })

  it('that keep changing do not put the reconnect off', async () => {
    const hub = open({ settle: 200 })
    await hub.topics('a').opened
    // A window that each change opened anew would never end.
    for (let index = 0; server.requests.length === 1; index++) {
      if (index === 500) throw new Error('the changes put the reconnect off')
      hub.topics(`b/${index}`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    expect(server.requests[1]!.topics.length).toBeGreaterThan(1)
  })

  it('the last to leave ends the connection, and the next opens one', async () => {
    const hub = open()
    const [one, two] = [hub.topics('a'), hub.topics('a')]
    await one.opened
    one.close()
    expect(one.state.get()).toEqual({ status: 'closed', reason: 'client', share: 'page' })
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(server.open).toBe(1)
    two.close()
    await expect.poll(() => server.open).toBe(0)
    await hub.topics('b').opened
    expect(server.requests.map(({ topics }) => topics)).toEqual([['a'], ['b']])
  })

  it('that leave and come back within the window change nothing', async () => {
    const hub = open()
    const one = hub.topics('a')
    await one.opened
    one.close()
    const two = hub.topics('a')
    await two.opened
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(server.requests).toHaveLength(1)
  })

  it('are read by loops, and once', async () => {
    const hub = open()
    const topic = hub.topics('a')
    const next = topic.once('changed')
    const loop = (async () => {
      for await (const { data, topics } of topic.events('changed')) return [data, topics]
      return undefined
    })()
    await topic.opened
    server.channel.publish('changed', 5, { topics: ['a'] })
    expect((await next).data).toBe(5)
    expect(await loop).toEqual([5, undefined])
  })

  it('take what a handler sends itself: without topics all, with topics those', async () => {
    const hub = open({}, true)
    server.snapshots = true
    const texts: string[] = []
    for (const name of ['a', 'b']) hub.topics(name).on('snapshot', (data) => texts.push(`${name} has ${data}`))
    await hub.topics('a').opened
    expect(texts.sort()).toEqual(['a has a', 'b has b'])
  })
})

describe('a server of somebody else', () => {
  const answer = (text: string) => new Response(text, { headers: { 'Content-Type': 'text/event-stream' } })

  it('may begin with an event, and its ids are known again', async () => {
    const texts = [
      'id: e1\nevent: changed\ndata: 1\n\nid: e2\nevent: changed\ndata: 2\n\n',
      'id: e3\nevent: changed\ndata: 3\n\n',
    ]
    server.refuse = () => (texts.length > 0 ? answer(texts.shift()!) : new Response(null, { status: 204 }))
    const topic = open().topics('a', 'b')
    const seen = collect(topic)
    topic.onGap(({ reason }) => seen.push(reason as never))
    expect(await topic.closed).toMatchObject({ end: 'no-content' })
    expect(seen).toEqual([1, 2, 3])
    expect(server.requests.map(({ lastEventId }) => lastEventId)).toEqual([undefined, 'e2', 'e3'])
  })

  it('may send no ids at all', async () => {
    const texts = ['event: changed\ndata: 1\n\nevent: changed\ndata: 2\n\n']
    server.refuse = () => (texts.length > 0 ? answer(texts.shift()!) : new Response(null, { status: 204 }))
    const topic = open().topics('a')
    const seen = collect(topic)
    await topic.closed
    expect(seen).toEqual([1, 2])
  })
})

describe('control information in comments', () => {
  it('serves a hub as well, gaps included', async () => {
    server.controls = 'comments'
    const hub = open()
    const [one, two] = ['a', 'b'].map((name) => hub.topics(name))
    await one!.opened
    const seen = [one!, two!].map(collect)
    const reports: unknown[] = []
    one!.onGap(({ reason, id }) => reports.push([reason, id.includes('.')]))
    server.channel.publish('changed', 1, { topics: ['a'] })
    server.channel.publish('changed', 2, { topics: ['b'] })
    const third = hub.topics('c')
    await third.opened
    const old = server.channel
    server.channel = createChannel<Events>()
    await old.close({ retry: 0 })
    await expect.poll(() => reports).not.toHaveLength(0)
    const last = received(one!, 3)
    server.channel.publish('changed', 3, { topics: ['a', 'c'] })
    await last
    expect(seen).toEqual([[1, 3], [2]])
    expect(reports).toEqual([['epoch', true]])
    expect(server.requests[1]!.topics).toEqual(['a', 'b', 'c'])
  })
})

describe('a page that was rendered from a cursor', () => {
  it('misses nothing since', async () => {
    const cursor = await server.channel.cursor()
    for (let index = 1; index <= 3; index++) server.channel.publish('changed', index, { topics: ['a'] })
    const topic = open({ lastEventId: cursor }).topics('a')
    const seen = collect(topic)
    await received(topic, 3)
    expect(seen).toEqual([1, 2, 3])
    expect(server.requests[0]!.lastEventId).toBe(cursor)
  })

  it('receives a gap when that is gone', async () => {
    const topic = open({ lastEventId: 'gone.5' }).topics('a')
    const gap = new Promise((resolve) => topic.onGap(({ reason }) => resolve(reason)))
    expect(await gap).toBe('epoch')
    await topic.opened
  })
})

describe('a snapshot', () => {
  it('is sent for the topics that the request names as new, and only to topics that joined', async () => {
    server.snapshots = true
    const hub = open({}, true)
    const first: string[] = []
    const one = hub.topics('a')
    one.on('snapshot', (data) => first.push(data))
    await one.opened
    const second: string[] = []
    const again = hub.topics('a')
    again.on('snapshot', (data) => second.push(data))
    expect(again.state.get().status).toBe('connecting')
    await again.opened
    expect([first, second]).toEqual([['a'], ['a']])
    expect(server.requests.map(({ added }) => added)).toEqual([['a'], ['a']])
    expect(server.requests[1]!.lastEventId).toMatch(/\./)
  })
})

describe('what is lost', () => {
  it('is a gap for every topic, with the snapshot that follows', async () => {
    const log = memoryLog({ maxEvents: 2 })
    server.channel = createChannel<Events>({ log, stream: { heartbeat: 20 } })
    server.readerOptions = { snapshot: (stream) => stream.send('snapshot', 'all') }
    const hub = open()
    const reports: unknown[] = []
    const topics = ['a', 'b'].map((name) => hub.topics(name))
    await Promise.all(topics.map(({ opened }) => opened))
    for (const [index, topic] of topics.entries()) {
      topic.onGap(({ reason }) => reports.push([index, reason]))
      topic.on('snapshot', (data) => reports.push([index, data]))
    }
    server.refuse = () => new Response(null, { status: 503 })
    const failed = new Promise((resolve) => topics[0]!.onError(resolve))
    server.channel.close({ retry: 0 }).catch(() => {})
    await failed
    server.channel = createChannel<Events>({ log })
    for (let index = 0; index < 5; index++) server.channel.publish('changed', index, { topics: ['a'] })
    server.refuse = undefined
    await expect
      .poll(() => reports)
      .toEqual([
        [0, 'trimmed'],
        [1, 'trimmed'],
        [0, 'all'],
        [1, 'all'],
      ])
    expect(topics[0]!.lastEventId).toBe(topics[1]!.lastEventId)
  })

  it('is reported, with the states, to every topic', async () => {
    const hub = open()
    const topics = ['a', 'b'].map((name) => hub.topics(name))
    const states: string[][] = topics.map(() => [])
    const errors: string[] = []
    for (const [index, topic] of topics.entries()) {
      topic.state.subscribe(({ status }) => states[index]!.push(status))
      topic.onError(({ code, willRetry }) => errors.push(`${code} ${willRetry}`))
    }
    await topics[1]!.opened
    const log = server.channel
    server.channel = createChannel<Events>()
    log.close({ retry: 0 })
    await server.requested(2)
    await expect.poll(() => states[0]).toEqual(['connecting', 'open', 'waiting', 'connecting', 'open'])
    expect(states[1]).toEqual(states[0])
    expect(errors).toEqual(['stream-ended true', 'stream-ended true'])
  })
})

describe('a refusal', () => {
  const forbidden = (topics: string[], names: boolean) =>
    new Response(names ? JSON.stringify({ topics }) : 'no', { status: 403 })

  it.each([true, false])('of one topic leaves the others (named by the server: %s)', async (names) => {
    server.refuse = ({ topics }) => (topics.includes('secret') ? forbidden(['secret'], names) : undefined)
    const hub = open()
    const one = hub.topics('a')
    const seen = collect(one)
    await one.opened
    const secret = hub.topics('secret')
    const errors: unknown[] = []
    secret.onError(({ status }) => errors.push(status))
    expect(await secret.closed).toMatchObject({ reason: 'fatal', error: { status: 403 } })
    const last = received(one, 2)
    server.channel.publish('changed', 2, { topics: ['a'] })
    await last
    expect([errors, seen, one.status]).toEqual([[403], [2], 'open'])
    expect(server.requests.map(({ topics }) => `${topics}`)).toEqual(['a', 'a,secret', 'a'])
  })

  it('of everything closes everything, with the error', async () => {
    server.refuse = () => new Response(null, { status: 401 })
    const hub = open()
    const topics = ['a', 'b'].map((name) => hub.topics(name))
    for (const topic of topics) topic.onError(() => {})
    for (const { closed } of topics) expect(await closed).toMatchObject({ reason: 'fatal', error: { status: 401 } })
    server.refuse = undefined
    await hub.topics('a').opened
  })
})

describe('the end', () => {
  it('of the channel is final for every topic', async () => {
    const hub = open()
    const topics = ['a', 'b'].map((name) => hub.topics(name))
    await topics[0]!.opened
    await server.channel.close({ final: true })
    for (const { closed } of topics) expect(await closed).toMatchObject({ reason: 'server', end: 'final' })
  })

  it.each(['close', 'end'] as const)('by %s() closes all topics, and later ones are closed', async (how) => {
    const hub = open()
    const topic = hub.topics('a')
    await topic.opened
    hub[how]()
    expect(await topic.closed).toEqual({ reason: 'client', share: 'page' })
    await expect.poll(() => server.open).toBe(0)
    const late = hub.topics('b')
    expect(late.status).toBe('closed')
    await expect(late.once('changed')).rejects.toMatchObject({ code: 'closed' })
    expect(server.requests).toHaveLength(1)
  })

  it('by a signal closes it as aborted', async () => {
    const aborting = new AbortController()
    const hub = open({ signal: aborting.signal })
    const topic = hub.topics('a')
    await topic.opened
    aborting.abort()
    expect((await topic.closed).reason).toBe('aborted')
  })
})

describe('a server that renders', () => {
  it('may hold a hub with a relative URL: it never connects there', () => {
    const hub = createHub<Events>((topics) => `/events?topics=${topics}`, { fetch: server.fetch })
    expect(hub.topics('a').state.get()).toEqual({ status: 'paused', reason: 'idle', share: 'page' })
    hub.end()
    expect(server.requests).toEqual([])
  })
})

describe('bad input', () => {
  it.each<[string, () => unknown, string]>([
    ['a topic that is not a string', () => open().topics(5 as never), 'topic is 5; give a name of one line'],
    ['an empty topic', () => open().topics(''), 'topic is ""; give a name of one line'],
    ['a topic of two lines', () => open().topics('a\nb'), 'topic is "a\\nb"; give a name of one line'],
    ['an unknown way to share', () => open({ share: 'all' as never }), "share is \"all\"; give 'page' or 'tabs'"],
    ['no key for tabs', () => open({ share: 'tabs' }), 'key is undefined; give the id of the user'],
    ['an empty key', () => open({ key: '' }), 'key is ""; give the id of the user'],
    ['a key that is none', () => open({ key: {} as never }), 'key is [object Object]; give the id of the user'],
    ['a window that is none', () => open({ settle: -1 }), 'settle is -1; give a number from 0 up'],
    [
      'an option for one subscription',
      () => open({ lazy: true } as never),
      'lazy is true; give it to subscribe() only',
    ],
  ])('refuses %s', (_, call, message) => {
    expect(call).toThrowError(expect.objectContaining({ code: 'invalid-option' }))
    expect(call).toThrow(message)
  })

  it("'tabs' is 'page' where there are none", () => {
    expect(open({ share: 'tabs', key: 'ada' }).topics('a').state.get().share).toBe('page')
  })
})
