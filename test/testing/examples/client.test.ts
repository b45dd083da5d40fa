// A client that is given its `fetch` meets whatever the test wants it to meet.
import { subscribe } from 'eventwire/client'
import { createTestClock, createTestServer } from 'eventwire/testing'
import { expect, it } from 'vitest'

interface AppEvents {
  ping: { time: string }
  message: string
}

const url = 'https://example.com/events'

it('keeps its place over a broken connection', async () => {
  const server = createTestServer<AppEvents>()
  using subscription = subscribe<AppEvents>(url, {
    fetch: server.fetch,
    headers: { Authorization: 'Bearer token' },
    retry: { min: 1, max: 1 },
  })

  const connection = await server.connection()
  expect(connection.request.headers.get('Authorization')).toBe('Bearer token')
  connection.send('ping', { time: '12:00' }, { id: '7' })
  connection.break()
  expect((await subscription.once('ping')).data).toEqual({ time: '12:00' })

  const again = await server.connection()
  expect(again.lastEventId).toBe('7')
})

it('stays away as long as the server asks', async () => {
  using clock = createTestClock()
  const server = createTestServer<AppEvents>()
  using subscription = subscribe<AppEvents>(url, { fetch: server.fetch })

  const busy = await server.connection()
  busy.respond(503, { headers: { 'Retry-After': '60' } })
  await clock.advance(59_000)
  expect(subscription.status).toBe('waiting')
  await clock.advance(3_000) // 60 s, and up to 1 s at random
  expect(server.connections).toHaveLength(2)
})

it('misses the heartbeat that the server announced', async () => {
  using clock = createTestClock()
  const server = createTestServer<AppEvents>()
  using subscription = subscribe<AppEvents>(url, { fetch: server.fetch })
  const codes: string[] = []
  subscription.onError(({ code }) => codes.push(code))

  const connection = await server.connection()
  connection.comment('heartbeat=1000')
  await clock.advance(3_000)
  expect(codes).toEqual(['idle'])
  expect(connection.status).toBe('closed')
})
