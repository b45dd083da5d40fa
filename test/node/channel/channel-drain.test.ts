// A channel with 10,000 real connections drains: each client gets a reconnection time of its own, the endings are spread over the
// window, newcomers are sent away, and the process exits by itself.
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { nextMessage, runChild } from '../child.ts'
import { type Interval, lateBetween } from '../lateness.ts'

const CLIENTS = 10_000
const WITHIN = 2_000

interface Late {
  late: Interval[]
}

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
  const ended = nextMessage<{ endings: Ending[] } & Late>(clients)
  const draining = nextMessage<{ streams: number; open: number }>(server)
  server.send('drain')
  const { streams, open } = await draining
  expect(streams).toBe(CLIENTS)
  expect(open).toBeGreaterThan(0)
  const newcomer = await (await fetch(`http://127.0.0.1:${port}/`)).text()
  expect(newcomer).toMatch(/retry: \d+\n\n$/)
  const left = nextMessage<Late>(server)
  server.send('leave')

  const { endings, late: lateClients } = await ended
  const { late: lateServer } = await left
  expect(endings).toHaveLength(CLIENTS)
  expect(endings.every(({ clean }) => clean)).toBe(true)
  // Published once the drain had begun: every client that was still there received it.
  expect(endings.filter(({ notes }) => notes === 1)).toHaveLength(open)
  const retries = endings.map(({ retry }) => retry)
  expect(Math.min(...retries)).toBeGreaterThanOrEqual(2_000)
  expect(Math.max(...retries)).toBeLessThanOrEqual(60_000)
  expect(new Set(retries).size).toBeGreaterThan(CLIENTS / 2)
  const times = endings.map(({ at }) => at).sort((a, b) => a - b)
  const [first, last] = [times[0]!, times.at(-1)!]
  const middle = (times[CLIENTS * 0.75]! - times[CLIENTS * 0.25]!) / (last - first)
  // A process that the machine does not run ends its streams together afterwards.
  const late = Math.max(...[lateClients, lateServer].map((intervals) => lateBetween(first - WITHIN, last, intervals)))
  expect(middle + late / (last - first)).toBeGreaterThan(0.2)
  console.log(`${CLIENTS} streams ended within ${last - first} ms, half of them in ${Math.round(middle * 100)} %`)
  expect((await exit)[0]).toBe(0)
}, 90_000)
