// Whatever a proxy does, and whenever, a client that streams and polls in turn receives each event once and in order.
import { createServer } from 'node:http'
import fc from 'fast-check'
import { expect, it, onTestFinished } from 'vitest'
import { poll } from '../../../src/client/poll/index.ts'
import { createChannel } from '../../../src/server/index.ts'
import { respond } from '../../../src/server/node/index.ts'
import { pages } from '../../../src/server/pages/index.ts'
import { listen } from '../../node/listen.ts'
import { subscribed } from '../collect.ts'
import { holdingProxy } from './holding-proxy.ts'

const RUNS = Number(process.env.EVENTWIRE_RUNS ?? 8)
/** Milliseconds without a byte after which the client polls, and some that never pass. */
const [SOON, NEVER] = [15, 100_000]

const step = fc.oneof(
  fc.record({ publish: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ holds: fc.boolean() }),
  fc.constant('cut' as const),
  fc.constant('pause' as const),
  fc.record({ wait: fc.integer({ min: 0, max: 40 }) }),
)

it('loses and repeats nothing over random switches', async () => {
  let polled = 0
  let streamed = 0
  await fc.assert(
    fc.asyncProperty(fc.constant(SOON), fc.array(step, { minLength: 10, maxLength: 25 }), async (timeout, steps) => {
      const channel = createChannel<{ n: number }>({ poll: pages({ maxEvents: 3, wait: 50 }) })
      const port = await listen(createServer((req, res) => void respond(channel, req, res, { from: 'start' })))
      const proxy = await holdingProxy(() => port)
      const subscription = subscribed<{ n: number }>(proxy.url, {
        retry: { min: 1, max: 100 },
        fallback: poll({ timeout, streamAfter: 30 }),
      })
      onTestFinished(() => channel.close())
      const [seen, ids, gaps]: [number[], string[], unknown[]] = [[], [], []]
      subscription.on('n', (n, { id }) => {
        seen.push(n)
        ids.push(id)
        const { url = '' } = subscription.state.get() as { url?: string }
        if (url.includes('offset')) polled++
        else streamed++
      })
      subscription.onGap((gap) => gaps.push(gap))
      const cursors: string[] = []
      for (const step of steps) {
        if (step === 'cut') proxy.cut()
        else if (step === 'pause') {
          subscription.pause()
          subscription.resume()
        } else if ('publish' in step) {
          for (let n = 0; n < step.publish; n++) cursors.push(await channel.publish('n', cursors.length))
        } else if ('holds' in step) proxy.holds = step.holds
        else await new Promise((resolve) => setTimeout(resolve, step.wait))
      }
      await expect.poll(() => seen.length).toBeGreaterThanOrEqual(cursors.length)
      subscription.close()
      expect(seen).toEqual(cursors.map((_, n) => n))
      expect(ids).toEqual(cursors)
      expect(gaps).toEqual([])
    }),
    {
      numRuns: RUNS,
      // One that has to poll, and one that has to stream, however late the machine is.
      examples: [
        [SOON, [{ holds: true }, { publish: 6 }]],
        [NEVER, [{ holds: false }, { publish: 6 }]],
      ],
    },
  )
  expect(polled).toBeGreaterThan(0)
  expect(streamed).toBeGreaterThan(0)
})
