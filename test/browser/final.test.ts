// A stream that ended for good is not asked for again: not by the browser's own EventSource, and not by ours.
import { expect, inject, it } from 'vitest'
import { subscribe } from '../../src/client/index.ts'
import type { BrowserEvents } from './events.ts'

const url = inject('eventsUrl')
const asked = async () => (await fetch(`${url}/asked`)).json()

it.each(['final', 'final-comments'])(
  "the browser's own EventSource comes back once, with the terminal id, and is answered 204 (%s)",
  async (path) => {
    const before = (await asked()).length
    const source = new EventSource(`${url}/${path}`)
    let events = 0
    source.addEventListener('greeting', () => events++)
    await new Promise<void>((resolve) => {
      source.onerror = () => source.readyState === EventSource.CLOSED && resolve()
    })
    expect(events).toBe(1)
    expect((await asked()).slice(before)).toEqual([null, 'sse:end'])
  },
)

it.each(['final', 'final-comments'])('ours does not come back at all (%s)', async (path) => {
  const before = (await asked()).length
  const subscription = subscribe<BrowserEvents>(`${url}/${path}`)
  expect(await subscription.closed).toEqual({ reason: 'server', end: 'final' })
  expect(subscription.lastEventId).toBe('after-')
  expect((await asked()).slice(before)).toEqual([null])
})
