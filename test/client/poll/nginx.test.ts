// Behind an nginx that holds streams back, a client without a fallback receives nothing, and one that polls receives everything.
import { createServer } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { poll } from '../../../src/client/poll/index.ts'
import { createChannel } from '../../../src/server/index.ts'
import { respond } from '../../../src/server/node/index.ts'
import { pages } from '../../../src/server/pages/index.ts'
import { listen } from '../../node/listen.ts'
import { holding, isInstalled, startProxy } from '../../runtimes/proxies.ts'
import { subscribed } from '../collect.ts'

interface Events {
  n: number
}

describe.skipIf(!isInstalled(holding) && !process.env.CI)('behind nginx', () => {
  it('polls, and receives every event and the end', async () => {
    const channel = createChannel<Events>({ poll: pages() })
    const server = createServer((req, res) => {
      if (req.url === '/reports') res.end()
      else respond(channel, req, res, { from: 'start' })
    })
    const proxy = await startProxy(holding, await listen(server))
    onTestFinished(proxy.stop)
    onTestFinished(() => channel.close())
    const url = `http://127.0.0.1:${proxy.port}/events`
    const retry = { min: 1, max: 100 }
    const streaming = subscribed<Events>(url, { retry })
    const polling = subscribed<Events>(url, { retry, fallback: poll({ timeout: 200 }) })
    const [held, seen]: [number[], number[]] = [[], []]
    streaming.on('n', (n) => held.push(n))
    polling.on('n', (n) => seen.push(n))
    for (let n = 0; n < 3; n++) await channel.publish('n', n)
    await expect.poll(() => seen).toEqual([0, 1, 2])
    await channel.publish('n', 3)
    await expect.poll(() => seen).toEqual([0, 1, 2, 3])
    expect(streaming.state.get().status).toBe('connecting')
    expect(held).toEqual([])
    streaming.close()
    void channel.close({ final: true })
    expect(await polling.closed).toMatchObject({ end: 'final' })
  })
})
