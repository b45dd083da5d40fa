// @vitest-environment happy-dom
// The Vue refs render the state and the last event of a subscription, and stop with their component.
// biome-ignore-all lint/correctness/useHookAtTopLevel: that is a rule of React, and these are not its hooks
import { subscribe } from 'eventwire/client'
import { createTestServer } from 'eventwire/testing'
import { expect, it } from 'vitest'
import { createApp, nextTick } from 'vue'
import { useConnection, useLatest } from '../../examples/vue/use-latest.ts'

type Events = { ping: { time: string } }

it('follows a subscription until its component goes', async () => {
  const server = createTestServer<Events>()
  using subscription = subscribe<Events>('http://localhost/', { fetch: server.fetch })
  const refs: { state: ReturnType<typeof useConnection>; ping: { value: Events['ping'] | undefined } }[] = []
  const app = createApp({
    setup() {
      const [state, ping] = [useConnection(subscription), useLatest(subscription, 'ping')]
      refs.push({ state, ping })
      return () => `${state.value.status} ${ping.value?.time ?? '–'}`
    },
  })
  const page = document.createElement('div')
  app.mount(page)
  expect(page.textContent).toBe('connecting –')

  const connection = await server.connection()
  connection.send('ping', { time: '12:00' })
  await subscription.once('ping')
  await nextTick()
  expect(page.textContent).toBe('open 12:00')

  app.unmount()
  connection.send('ping', { time: '12:01' })
  await subscription.once('ping')
  subscription.close()
  expect(refs.map(({ state, ping }) => [state.value.status, ping.value?.time])).toEqual([['open', '12:00']])
})
