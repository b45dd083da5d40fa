// A cursor that comes without an event is kept, and a final end is final, in every engine: by our client in either form, and by an
// EventSource as far as the engine stores the id of a block without data.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { filteredServer } from '../server/channel/filtered-server.ts'
import type { Page } from './engine.ts'
import { engines } from './engines.ts'
import { Site } from './site.ts'

const site = new Site()

beforeAll(() => site.start())
afterAll(() => site.stop())

describe.each(engines)('$name', (engine) => {
  let page: Page

  beforeAll(async () => {
    page = await engine.open()
  })
  afterAll(() => page?.close())
  afterEach(() => page.run('globalThis.source?.close()'))

  const visit = (controls: 'events' | 'comments', done?: string) => {
    const server = filteredServer(controls, done)
    site.on('/sse', (response, request) => void server.handle(request, response))
    return page.goto(`${site.origin}/page?${Math.random()}`).then(() => server)
  }
  /** Opens an EventSource. */
  const listening = `
    globalThis.source = new EventSource('/sse')
    globalThis.seen = []
    for (const name of ['message', 'note', 'sse:gap']) source.addEventListener(name, ({ data }) => seen.push(data))
  `
  const untilClosed = `
    await new Promise((resolve) => {
      source.onerror = () => source.readyState === EventSource.CLOSED && resolve()
    })
    return seen
  `

  it('an EventSource keeps the cursor of an event, and is stopped by 204', async () => {
    const { cursors, head } = await visit('events')
    expect(await page.run(listening + untilClosed)).toEqual(['-1'])
    expect(cursors).toEqual([undefined, head(), 'sse:end'])
  })

  it.runIf(engine.storesIdsWithoutData)(
    'an EventSource keeps the cursor of a block, and is stopped by 204',
    async () => {
      const { cursors, head } = await visit('comments')
      expect(await page.run(listening + untilClosed)).toEqual(['-1'])
      expect(cursors).toEqual([undefined, head(), 'sse:end'])
    },
  )

  it.skipIf(engine.storesIdsWithoutData)('an EventSource comes back from its last event instead', async () => {
    const { cursors, last, request } = await visit('comments')
    await page.run(listening)
    await request(4)
    // Without a cursor it begins live again, and behind its last event it is sent the end each time.
    expect(cursors.slice(0, 4)).toEqual([undefined, undefined, last(), last()])
    expect(await page.run('return seen')).toEqual(['-1'])
  })

  it('an EventSource that reads comments is stopped by 204 where `done` ends them', async () => {
    const { cursors } = await visit('comments', '[DONE]')
    expect(await page.run(listening + untilClosed)).toEqual(['-1', '[DONE]'])
    expect(cursors.at(-1)).toBe('sse:end')
  })

  it.each(['events', 'comments'] as const)('our client keeps both, and does not come back, as %s', async (controls) => {
    const { cursors, head } = await visit(controls)
    const result = await page.run(`
      const { subscribe } = await import('/src/client/index.ts')
      const subscription = subscribe('/sse', { retry: { min: 10, max: 100 } })
      const seen = []
      subscription.on('note', (data) => seen.push(data))
      subscription.onGap((gap) => seen.push(gap))
      return { closed: await subscription.closed, seen }
    `)
    expect(result).toEqual({ seen: [-1], closed: { reason: 'server', end: 'final' } })
    expect(cursors).toEqual([undefined, head()])
  })
})
