// @vitest-environment happy-dom
// The Vue composable folds every event from the first one on, and follows its component: mounts, URLs, scopes, unmounts.
// biome-ignore-all lint/correctness/useHookAtTopLevel: that is a rule of React, and these are not its hooks
import { describe, expect, it, onTestFinished } from 'vitest'
import { createApp, effectScope, nextTick, shallowRef } from 'vue'
import type { FetchLike } from '../../src/client/index.ts'
import { createChannel } from '../../src/server/index.ts'
import { createTestServer } from '../../src/testing/index.ts'
import { type EventsRefs, useEvents } from '../../src/vue/index.ts'
import { eventually } from '../eventually.ts'
import { type Events, list } from './list.ts'

function mount(options: { fetch: FetchLike }) {
  const url = shallowRef('http://localhost/a')
  const enabled = shallowRef(true)
  let refs!: EventsRefs<Events, readonly string[]>
  const app = createApp({
    setup() {
      refs = useEvents(url, list, { ...options, enabled, retry: () => 1 })
      return () => `${refs.status.value} ${refs.state.value.join(' ')} ${refs.error.value?.code ?? ''}`.trim()
    },
  })
  const container = document.createElement('div')
  app.mount(container)
  onTestFinished(() => app.unmount())
  const shows = (text: string) =>
    eventually(async () => {
      await nextTick()
      expect(container.textContent).toBe(text)
    })
  return { app, url, enabled, shows, refs }
}

describe('useEvents', () => {
  it('renders the state of one connection until it is unmounted', async () => {
    const server = createTestServer<Events>()
    const page = mount(server)
    await page.shows('connecting')
    const connection = await server.connection()
    connection.send('snapshot', ['a'])
    connection.send('added', 'b')
    await page.shows('open a b')
    const { subscription } = page.refs
    page.app.unmount()
    expect(await connection.closed).toBe('client')
    expect(subscription.value.state.get()).toEqual({ status: 'paused', reason: 'idle' })
    expect(server.connections).toHaveLength(1)
  })

  it('loses nothing of a response that is there at once', async () => {
    const channel = createChannel<Events>()
    onTestFinished(() => channel.close())
    const fetch: FetchLike = async (url, init) =>
      channel.response(new Request(url, init as RequestInit), {
        snapshot: (stream) => {
          for (let item = 0; item < 50; item++) stream.send('added', `${item}`)
        },
      })
    for (let mounts = 0; mounts < 10; mounts++) {
      await mount({ fetch }).shows(`open ${Array.from({ length: 50 }, (_, item) => item).join(' ')}`)
    }
  })

  it('moves with the URL', async () => {
    const server = createTestServer<Events>()
    const page = mount(server)
    const first = await server.connection()
    first.send('added', 'of a')
    await page.shows('open of a')
    page.url.value = 'http://localhost/b'
    expect(page.refs.state.value).toEqual([])
    expect(await first.closed).toBe('client')
    const second = await server.connection()
    expect(second.request.url).toBe('http://localhost/b')
    second.send('added', 'of b')
    await page.shows('open of b')
  })

  it('keeps the state while it is not enabled, and resumes from the cursor', async () => {
    const server = createTestServer<Events>()
    const page = mount(server)
    const first = await server.connection()
    first.send('added', 'a', { id: '7' })
    await page.shows('open a')
    page.enabled.value = false
    expect(await first.closed).toBe('client')
    page.enabled.value = true
    const second = await server.connection()
    expect(second.lastEventId).toBe('7')
    second.break()
    await page.shows('connecting a network')
    ;(await server.connection()).send('added', 'b')
    await page.shows('open a b')
  })

  it('connects at once in a scope outside components, and disconnects with it', async () => {
    const server = createTestServer<Events>()
    const scope = effectScope()
    const { state } = scope.run(() => useEvents('http://localhost/list', list, { fetch: server.fetch }))!
    const connection = await server.connection()
    connection.send('added', 'a')
    await eventually(() => expect(state.value).toEqual(['a']))
    scope.stop()
    expect(await connection.closed).toBe('client')
  })
})
