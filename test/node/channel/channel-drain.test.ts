// A channel with 10,000 real connections drains: each client gets a reconnection time of its own, the endings are spread over the
// window, newcomers are sent away, and the process exits by itself.
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { nextMessage, runChild } from '../child.ts'

const CLIENTS = 10_000
const WITHIN = 2_000

interface Ending {
  at: number
  retry: number
  notes: number
  clean: boolean
}

it('10,000 connections end in order', async () => {
  const server = runChild('channel/drained-server.ts', [String(WITHIN)])
  const { port } = await nextMessage<{ port: number }>(server)
  const clients = runChild('channel/disconnecting-clients.ts', [String(port), String(CLIENTS)])
  expect(await nextMessage(clients)).toEqual({ open: CLIENTS })

  const exit = once(server, 'exit')
  const ended = nextMessage<{ endings: Ending[] }>(clients)
  const draining = nextMessage(server)
  server.send('drain')
  expect(await draining).toEqual({ streams: CLIENTS })
  const newcomer = await (await fetch(`http://127.0.0.1:${port}/`)).text()
  expect(newcomer).toMatch(/retry: \d+\n\n$/)

  const { endings } = await ended
  expect(endings).toHaveLength(CLIENTS)
  expect(endings.every(({ clean }) => clean)).toBe(true)
  // Published once the drain had begun: whoever was still there got it.
  expect(endings.filter(({ notes }) => notes === 1).length).toBeGreaterThan(CLIENTS * 0.9)
  const retries = endings.map(({ retry }) => retry)
  expect(Math.min(...retries)).toBeGreaterThanOrEqual(2_000)
  expect(Math.max(...retries)).toBeLessThanOrEqual(60_000)
  expect(new Set(retries).size).toBeGreaterThan(CLIENTS / 2)
  const times = endings.map(({ at }) => at).sort((a, b) => a - b)
  const middle = (times[CLIENTS * 0.75]! - times[CLIENTS * 0.25]!) / (times.at(-1)! - times[0]!)
  expect(middle).toBeGreaterThan(0.2)
  console.log(
    `${CLIENTS} streams ended within ${Math.round(times.at(-1)! - times[0]!)} ms, half of them in ${Math.round(middle * 100)} %`,
  )
  expect((await exit)[0]).toBe(0)
}, 90_000)
