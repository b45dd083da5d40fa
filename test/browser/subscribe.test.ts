// In a real Chromium both transports deliver typed events, resume, and stop on request.
import { describe, expect, inject, it } from 'vitest'
import { eventSourceTransport, subscribe } from '../../src/client/index.ts'
import { defineEvents, json } from '../../src/index.ts'
import type { BrowserEvents } from './events.ts'

const url = inject('eventsUrl')
const events = defineEvents({ greeting: json<BrowserEvents['greeting']>() })

describe.each([
  ['fetch', {}],
  ["the browser's EventSource", { transport: eventSourceTransport() }],
])('over %s', (_, options) => {
  it('hands the parsed payload to the listener', async () => {
    using subscription = subscribe(`${url}/`, { events, ...options })
    const { data } = await subscription.once('greeting')
    expect(data).toEqual({ resumedAfter: '' })
    expect(subscription.status).toBe('open')
    expect(subscription.lastEventId).toBe('after-')
  })

  it('comes back with the last event id after the server has ended the stream', async () => {
    using subscription = subscribe(`${url}/hang-up`, { events, ...options })
    const seen: string[] = []
    for await (const { data } of subscription) {
      seen.push(data.resumedAfter)
      if (seen.length === 2) break
    }
    expect(seen).toEqual(['', 'after-'])
    expect(subscription.status).toBe('closed')
  })

  it('is silent after close', async () => {
    const subscription = subscribe(`${url}/hang-up`, { events, ...options })
    let after = 0
    subscription.on('greeting', () => {
      if (subscription.status === 'closed') after++
      subscription.close()
    })
    await subscription.closed
    using other = subscribe(`${url}/`, { events, ...options })
    await other.once('greeting')
    expect(after).toBe(0)
  })
})
