// In every engine the test clock is the time: for timers, which are numbers there, and for both ends of the wire.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Page } from './engine.ts'
import { engines } from './engines.ts'
import { Site } from './site.ts'

const site = new Site()
beforeAll(() => site.start())
afterAll(() => site.stop())

const imports = `
  const { createTestClient, createTestClock, createTestServer } = await import('/src/testing/index.ts')
  const { createStream } = await import('/src/server/index.ts')
  const { subscribe } = await import('/src/client/index.ts')
`

describe.each(engines)('$name', (engine) => {
  let page: Page

  beforeAll(async () => {
    page = await engine.open()
    await page.goto(`${site.origin}/page`)
  })
  afterAll(() => page?.close())

  it('runs timers at their times, and puts everything back', async () => {
    const seen = await page.run(`
      ${imports}
      const before = [setTimeout, setInterval, clearTimeout, clearInterval, Date, performance.now]
      const clock = createTestClock({ now: 1_000_000 })
      const result = async (text) => {
        const stream = createStream(undefined, { heartbeat: false, stallTimeout: false })
        stream.send('message', text)
        return (await createTestClient(stream.response).next()).data
      }
      const seen = []
      const note = (what) => seen.push(what + ' ' + (Date.now() - 1_000_000))
      setTimeout(note, 20, 'later')
      setTimeout(async () => note(await result('nested')), 10)
      const ticking = setInterval(note, 10, 'tick')
      seen.push(typeof ticking)
      await clock.advance(20)
      clearInterval(ticking)
      seen.push(clock.pending, new Date().toISOString())
      clock.restore()
      const after = [setTimeout, setInterval, clearTimeout, clearInterval, Date, performance.now]
      return [...seen, after.every((each, index) => each === before[index])]
    `)
    expect(seen).toEqual([
      'number',
      ...['nested 10', 'tick 10', 'later 20', 'tick 20'],
      ...[0, '1970-01-01T00:16:40.020Z', true],
    ])
  })

  it('drives heartbeats and delays', async () => {
    const seen = await page.run(`
      ${imports}
      const clock = createTestClock()
      const stream = createStream(new Request(location.href), { heartbeat: 15_000 })
      const client = createTestClient(stream.response)
      client.collect()
      const server = createTestServer()
      const subscription = subscribe('/sse', { fetch: server.fetch })
      ;(await server.connection()).respond(503, { headers: { 'Retry-After': '60' }, body: 'busy' })
      await clock.advance(59_000)
      const seen = [client.comments.length, subscription.status]
      await clock.advance(2_000)
      seen.push(server.connections.length)
      subscription.close()
      stream.close()
      await clock.advance(0)
      seen.push(clock.pending)
      clock.restore()
      return seen
    `)
    expect(seen).toEqual([5, 'waiting', 2, 0])
  })
})
