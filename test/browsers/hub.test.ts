// In every engine the tabs of a browser share one connection, and lose and double nothing whatever happens to the tab that has it.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Channel, createChannel, type ReaderOptions } from '../../src/server/index.ts'
import { respond } from '../../src/server/node/index.ts'
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

beforeAll(async () => {
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
  const { createHub } = await import('/src/client/hub/index.ts')
  globalThis.hub ??= createHub((topics) => '/hub?topics=' + topics, {
    share: 'tabs', key: ${JSON.stringify(key)}, settle: 50, retry: { min: 100, max: 100 } })
  globalThis.seen ??= {}
  globalThis.heard ??= []
  globalThis.topics ??= {}
  for (const name of ${JSON.stringify(topics)}) {
    const topic = hub.topics(name)
    topics[name] = topic
    seen[name] = []
    topic.on('changed', (data) => seen[name].push(data))
    topic.onGap(({ reason }) => heard.push('gap ' + reason))
    topic.onError(({ code, status }) => heard.push('error ' + (status ?? code)))
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
  })
  afterAll(() => browser?.close())
  afterEach(async () => {
    for (const tab of tabs.splice(0)) await tab.close().catch(() => {})
    while (channel.size > 0) await pause(20)
    await channel.close()
    channel = createChannel<Events>({ stream: { heartbeat: 500, retry: 0 } })
    refuse = undefined
    options = {}
    published = most = 0
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

  it('goes on when the leader is closed', async () => {
    await open(3, 'a')
    publish('a')
    for (const tab of tabs) await tab.run(until('a', 1))
    const closing = tabs.shift()!.close()
    const publishing = setInterval(() => publish('a'), 5)
    await closing
    await pause(500)
    clearInterval(publishing)
    for (const tab of tabs) expect(await tab.run(until('a', published))).toEqual(numbers(1, published))
    expect(channel.size).toBe(1)
  })
})
