// A page reads a stream of another origin that Fastify serves: the headers that its CORS plugin has set are on the stream.
import { describe, expect, inject, it } from 'vitest'
import { eventSourceTransport, subscribe } from '../../src/client/index.ts'
import { defineEvents, json } from '../../src/index.ts'
import type { BrowserEvents } from './events.ts'

const url = inject('fastifyUrl')
const events = defineEvents({ greeting: json<BrowserEvents['greeting']>() })

describe.each([
  ['fetch', {}],
  ["the browser's EventSource", { transport: eventSourceTransport() }],
])('over %s', (_, options) => {
  it('reads it, with credentials', async () => {
    using subscription = subscribe(`${url}/events`, { events, credentials: 'include', ...options })
    expect((await subscription.once('greeting')).data).toEqual({ resumedAfter: 'nothing' })
    expect(new URL(url).origin).not.toBe(location.origin)
  })

  it('resumes with its cursor', async () => {
    using subscription = subscribe(`${url}/hang-up`, { events, ...options })
    const seen: string[] = []
    for await (const { data } of subscription) {
      seen.push(data.resumedAfter)
      if (seen.length === 2) break
    }
    expect(seen).toEqual(['nothing', 'a cursor'])
  })
})

it('is kept from it where no plugin allows it', async () => {
  using subscription = subscribe(`${url}/closed`, { events, retry: false })
  subscription.onError(() => {})
  expect(await subscription.closed).toMatchObject({ error: { code: 'network' } })
})
