// @vitest-environment happy-dom
// The Solid signals follow the state and the last event, and stop with their owner.
import { subscribe } from 'eventwire/client'
import { createTestServer } from 'eventwire/testing'
import { createRoot } from 'solid-js'
import { expect, it } from 'vitest'
import { createConnection, createLatest } from '../../examples/solid/create-latest.ts'

it('follows a subscription until its owner goes', async () => {
  const server = createTestServer<{ ping: { time: string } }>()
  using subscription = subscribe<{ ping: { time: string } }>('http://localhost/', { fetch: server.fetch })
  const { state, ping, dispose } = createRoot((dispose) => ({
    state: createConnection(subscription),
    ping: createLatest(subscription, 'ping'),
    dispose,
  }))
  expect([state().status, ping()]).toEqual(['connecting', undefined])

  const connection = await server.connection()
  connection.send('ping', { time: '12:00' })
  await subscription.once('ping')
  expect([state().status, ping()]).toEqual(['open', { time: '12:00' }])

  dispose()
  connection.send('ping', { time: '12:01' })
  await subscription.once('ping')
  expect(ping()).toEqual({ time: '12:00' })
})
