// The state is a Svelte store as it is, and the last event is one while somebody looks at it.
import { subscribe } from 'eventwire/client'
import { createTestServer } from 'eventwire/testing'
import { fromStore } from 'svelte/store'
import { expect, it } from 'vitest'
import { latest } from '../../examples/svelte/latest.ts'
import { undosOf } from './undos.ts'

it('follows a subscription while a component looks', async () => {
  const server = createTestServer<{ ping: { time: string } }>()
  using subscription = subscribe<{ ping: { time: string } }>('http://localhost/', { fetch: server.fetch })
  const undos = undosOf(subscription)
  const seen: (string | undefined)[] = []
  const stop = latest(subscription, 'ping').subscribe((ping) => seen.push(ping?.time))
  expect(fromStore(subscription.state).current.status).toBe('connecting')

  const connection = await server.connection()
  connection.send('ping', { time: '12:00' })
  await subscription.once('ping')
  expect(fromStore(subscription.state).current.status).toBe('open')
  stop()
  expect(undos.map((undo) => undo.mock.calls.length)).toEqual([1])
  connection.send('ping', { time: '12:01' })
  await subscription.once('ping')
  expect(seen).toEqual([undefined, '12:00'])
})
