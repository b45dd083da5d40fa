// In every engine the tabs of a browser share one connection, and lose and double nothing whatever happens to the tab that has it.
import { build } from 'esbuild'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Channel, createChannel, memoryLog, type ReaderOptions } from '../../src/server/index.ts'
import { respond } from '../../src/server/node/index.ts'
import { eventually } from '../eventually.ts'
import type { Page } from './engine.ts'
import { engines } from './engines.ts'
import { Site } from './site.ts'

interface Events {
  changed: number
}

const site = new Site()
let channel: Channel<Events> = createChannel<Events>({ stream: { heartbeat: 500, retry: 0 } })
let refuse: ((topics: string[]) => string[]) | undefined
let options: ReaderOptions<Events> = {}
/** The most connections that were open at once. */
let most = 0

/**
 * A page beside the tabs asks for `/tick` at this interval, in milliseconds. Two connections at once are measured in its ticks, not by
 * the server's clock: the same browser closes the old connection and sends the ticks, so a busy machine delays both.
 */
const TICK = 100
/** Two connections at once last under 3 s. */
const LONGEST_OVERLAP = 3_000 / TICK
/** The ticks for which two connections have been open at once, now and at most. */
let overlap = 0
let longest = 0

const clock = `
  const code = 'setInterval(() => fetch("' + location.origin + '/tick").catch(() => {}), ${TICK})'
  globalThis.clock = new Worker(URL.createObjectURL(new Blob([code])))
`

beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: ['src/client/hub/index.ts'],
    bundle: true,
    format: 'esm',
    write: false,
  })
  site.on('/hub.js', (response) =>
    response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(outputFiles[0]!.contents),
  )
  site.on('/tick', (response) => {
    overlap = channel.size > 1 ? overlap + 1 : 0
    longest = Math.max(longest, overlap)
    response.writeHead(204).end()
  })
  // A page that asks for it synchronously hangs until there is a second connection.
  site.on('/hang', (response) => {
    const timer = setInterval(() => {
      if (most < 2 && !response.destroyed) return
      clearInterval(timer)
      response.writeHead(204).end()
    }, 20)
  })
  site.on('/hub', (response, request) => {
    const topics = new URL(request.url!, site.origin).searchParams.get('topics')!.split(',')
    const refused = refuse?.(topics) ?? []
    if (refused.length > 0) {
      response.writeHead(403).end(JSON.stringify({ topics: refused }))
      return
    }
    respond(channel, request, response, { topics, ...options })
    most = Math.max(most, channel.size)
  })
  await site.start()
})
afterAll(() => site.stop())

/** Creates a hub in the page, and collects what its topics receive in `seen`. */
const hub = (key: string, ...topics: string[]) => `
  const { createHub } = await import('/hub.js')
  globalThis.hub ??= createHub((topics) => '/hub?topics=' + topics, {
    share: 'tabs', key: ${JSON.stringify(key)}, settle: 50, retry: { min: 100, max: 100 } })
  globalThis.seen ??= {}
  globalThis.reports ??= []
  globalThis.topics ??= {}
  for (const name of ${JSON.stringify(topics)}) {
    const topic = hub.topics(name)
    topics[name] = topic
    seen[name] = []
    topic.on('changed', (data) => seen[name].push(data))
    topic.onGap(({ reason }) => reports.push('gap ' + reason))
    topic.onError(({ code, status }) => reports.push('error ' + (status ?? code)))
  }
  await Promise.all(Object.values(topics).map(({ opened }) => opened))
  return Object.values(topics)[0].state.get().share
`

/** Waits in the page until a topic has received an event. */
const until = (topic: string, data: number) => `
  while (!seen[${JSON.stringify(topic)}].includes(${data})) await new Promise((resolve) => setTimeout(resolve, 10))
  return seen[${JSON.stringify(topic)}]
`

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

describe.each(engines)('$name', (engine) => {
  let browser: Page
  const tabs: Page[] = []
  let key = ''
  let published = 0

  beforeAll(async () => {
    browser = await engine.open()
    await browser.goto(`${site.origin}/page`)
    await browser.run(clock)
  })
  afterAll(() => browser?.close())
  afterEach(async () => {
    await Promise.all(tabs.splice(0).map((tab) => tab.close().catch(() => {})))
    await eventually(() => expect(channel.size).toBe(0))
    await channel.close()
    channel = createChannel<Events>({ stream: { heartbeat: 500, retry: 0 } })
    refuse = undefined
    options = {}
    published = most = overlap = longest = 0
  })

  /** Tabs with a hub each, all open. */
  const open = async (count: number, ...topics: string[]) => {
    key = `${Math.random()}`
    for (let index = 0; index < count; index++) await another(...topics)
  }
  const another = async (...topics: string[]) => {
    const tab = await browser.tab()
    tabs.push(tab)
    await tab.goto(`${site.origin}/page`)
    expect(await tab.run(hub(key, ...topics))).toBe('tabs')
    return tab
  }
  const publish = (...topics: string[]) => channel.publish('changed', ++published, { topics })

  it('shares one connection, and each tab receives its own topics', async () => {
    await open(3, 'a')
    await another('b')
    publish('a')
    publish('b')
    publish('a', 'b')
    for (const tab of tabs.slice(0, 3)) expect(await tab.run(until('a', 3))).toEqual([1, 3])
    expect(await tabs[3]!.run(until('b', 3))).toEqual([2, 3])
    expect(channel.size).toBe(1)
  })

  /** Publishes to a topic for as long as something happens, and until a tab has received an event from afterwards. */
  const publishing = async (happens: () => Promise<unknown>) => {
    const timer = setInterval(() => publish('a'), 5)
    try {
      await happens()
      await tabs.at(-1)!.run(until('a', published + 1))
    } finally {
      clearInterval(timer)
    }
  }
  /** All tabs have received everything since the first event that they have seen. */
  const checkAll = async () => {
    for (const tab of tabs) {
      const seen: number[] = await tab.run(until('a', published))
      expect(seen).toEqual(numbers(seen[0]!, published))
    }
  }
  /** One connection is left, and there were not two for long. */
  const checkOne = async () => {
    await expect.poll(() => channel.size).toBeLessThan(2)
    expect(channel.size).toBe(1)
    expect(longest).toBeLessThan(LONGEST_OVERLAP)
  }
  /** The lock is granted in the order of the tabs, so the oldest one leads. */
  const leader = () => tabs[0]!

  it('goes on when the leader is closed', async () => {
    await open(3, 'a')
    await publishing(() => tabs.shift()!.close())
    await checkAll()
    expect((await tabs[0]!.run('return seen.a'))[0]).toBe(1)
    await checkOne()
  })

  it('goes on when the leader goes to another page', async () => {
    await open(3, 'a')
    await publishing(() => leader().goto(`${site.origin}/page/other`))
    await tabs.shift()!.close()
    await checkAll()
    await checkOne()
  })

  it.runIf(engine.name === 'Chromium')('goes on when the renderer of the leader is killed', async () => {
    await open(3, 'a')
    await publishing(() => leader().crash!())
    await tabs.shift()!.close()
    await checkAll()
    await checkOne()
  })

  it.runIf(engine.name === 'Chromium')(
    'replaces a leader that is frozen, which then receives what it missed',
    async () => {
      await open(3, 'a')
      await publishing(() => leader().freeze!(true))
      expect(await tabs[1]!.run(until('a', published))).toEqual(numbers(1, published))
      await publishing(() => leader().freeze!(false))
      await checkAll()
      expect(await leader().run('return reports')).toEqual([])
      await checkOne()
    },
  )

  it.runIf(engine.hasProcessPerTab)(
    'takes over from a leader that hangs, and loses nothing when it goes on',
    { timeout: 120_000 },
    async () => {
      await open(3, 'a')
      // Firefox goes on with other tasks during a synchronous request.
      await leader().run(
        engine.name === 'Chromium'
          ? `setTimeout(() => {
              const request = new XMLHttpRequest()
              request.open('GET', '/hang', false)
              request.send()
            })`
          : 'setTimeout(() => { for (const end = Date.now() + 8000; Date.now() < end; ); }, 10)',
      )
      await publishing(async () => {
        await expect.poll(() => most).toBeGreaterThan(1)
        const taken = published + 1
        await tabs[2]!.run(until('a', taken))
        await leader().run(until('a', taken))
      })
      await checkAll()
      await expect.poll(() => channel.size).toBe(1)
    },
  )

  it('goes on in a page that comes back from the back/forward cache', async () => {
    await open(2, 'a')
    const [first] = tabs
    await publishing(() => site.leaveAndReturn(first!))
    const kept = await first!.run('return globalThis.hub !== undefined')
    if (!kept) await first!.run(hub(key, 'a'))
    publish('a')
    await checkAll()
    await checkOne()
  })

  it('survives a server that is restarted', async () => {
    await open(3, 'a')
    await publishing(async () => {
      await site.stop()
      await pause(100)
      await site.start()
    })
    await checkAll()
    await checkOne()
    for (const tab of tabs)
      expect(await tab.run('return reports.includes("error network") || reports.length > 0')).toBe(true)
  })

  it('reports a gap to every tab when the server has lost its history', async () => {
    await open(3, 'a')
    publish('a')
    await checkAll()
    const old = channel
    channel = createChannel<Events>({ stream: { heartbeat: 500, retry: 0 } })
    await old.close({ retry: 0 })
    for (const tab of tabs) {
      await tab.run('while (!reports.includes("gap epoch")) await new Promise((resolve) => setTimeout(resolve, 10))')
    }
    publish('a')
    await checkAll()
  })

  it.runIf(engine.name === 'Chromium')('survives a network that is gone for a while', async () => {
    await open(3, 'a')
    await publishing(async () => {
      for (const tab of tabs) await tab.offline!(true)
      await pause(300)
      for (const tab of tabs) await tab.offline!(false)
    })
    await checkAll()
    await checkOne()
  })

  it('reports a gap only to the tab that missed too much', async () => {
    channel = createChannel<Events>({ log: memoryLog({ maxEvents: 5 }), stream: { heartbeat: 500, retry: 0 } })
    await open(2, 'a')
    const late = await another('a')
    publish('a')
    await late.run(until('a', 1))
    // A tab that hears nothing for a while: its messages are lost, as in a frozen page.
    await late.run(`dispatchEvent(new PageTransitionEvent('pagehide'))`)
    for (let index = 0; index < 20; index++) publish('a')
    await tabs[0]!.run(until('a', published))
    await late.run(`dispatchEvent(new PageTransitionEvent('pageshow'))`)
    await late.run('while (reports.length === 0) await new Promise((resolve) => setTimeout(resolve, 10))')
    publish('a')
    expect(await late.run(until('a', published))).toEqual([1, ...numbers(17, 22)])
    expect(await late.run('return reports')).toEqual(['gap trimmed'])
    for (const tab of tabs.slice(0, 2)) {
      expect(await tab.run(until('a', published))).toEqual(numbers(1, published))
      expect(await tab.run('return reports')).toEqual([])
    }
  })

  it('lets topics come and go in any tab, and loses nothing', async () => {
    await open(2, 'a')
    await publishing(async () => {
      for (let index = 0; index < 10; index++) {
        const tab = tabs[index % 2]!
        await tab.run(`globalThis.extra = hub.topics('extra/${index}'); await extra.opened`)
        if (index % 3) await tab.run('extra.close()')
      }
    })
    await checkAll()
    await checkOne()
  })

  it('reports a topic that is refused, and the others go on', async () => {
    refuse = (topics) => topics.filter((topic) => topic === 'secret')
    await open(2, 'a')
    const closed = await tabs[1]!.run(`
      const { reason, error } = await hub.topics('secret').closed
      return [reason, error.status]`)
    expect(closed).toEqual(['fatal', 403])
    await publishing(async () => {})
    await checkAll()
    for (const tab of tabs) expect(await tab.run('return [topics.a.status, reports]')).toEqual(['open', []])
  })

  it('ends in all tabs, those that are away included, and delivers nothing afterwards', async () => {
    await open(3, 'a')
    await tabs[2]!.run(`dispatchEvent(new PageTransitionEvent('pagehide'))`)
    await tabs[1]!.run('hub.end()')
    await tabs[2]!.run(`dispatchEvent(new PageTransitionEvent('pageshow'))`)
    await expect.poll(() => channel.size).toBe(0)
    publish('a')
    for (const tab of tabs) {
      expect(await tab.run('await topics.a.closed; return [topics.a.status, seen.a]')).toEqual(['closed', []])
    }
    await another('a')
  })

  it('keeps users with different keys apart', async () => {
    await open(1, 'a')
    const one = tabs[0]!
    await open(1, 'a')
    expect(channel.size).toBe(2)
    await one.run('hub.end()')
    await expect.poll(() => channel.size).toBe(1)
    publish('a')
    expect(await tabs[1]!.run(until('a', 1))).toEqual([1])
  })

  it('ignores what others post', async () => {
    await open(2, 'a')
    await tabs[1]!.run(`
      const { held } = await navigator.locks.query()
      const names = held.map(({ name }) => name).filter((name) => name.startsWith('eventwire:'))
      const channel = new BroadcastChannel(names.sort((one, other) => one.length - other.length)[0])
      for (const post of [null, 'items', 5, {}, [], { end: true }, { stamp: Infinity, items: 5 }, { mark: 'eventwire-hub-0', end: true }]) {
        channel.postMessage(post)
      }
      channel.close()`)
    publish('a')
    await checkAll()
    for (const tab of tabs) expect(await tab.run('return reports')).toEqual([])
  })

  const kills = Number(process.env.HUB_KILLS ?? 10)
  it(`loses and doubles nothing over ${kills} leaders that go while events flow`, { timeout: 300_000 }, async () => {
    await open(3, 'a')
    await publishing(async () => {
      for (let kill = 0; kill < kills; kill++) {
        const gone = tabs.shift()!
        if (kill % 2 && gone.crash) await gone.crash()
        const closing = gone.close()
        await another('a')
        await closing
      }
    })
    await checkAll()
    await checkOne()
  })

  // Last, because the browser may give later tabs a renderer that others use.
  it('needs one connection for twenty tabs', { timeout: 120_000 }, async () => {
    await open(20, 'a')
    await publishing(async () => {})
    await checkAll()
    expect([channel.size, most]).toEqual([1, 1])
  })
})
