// @vitest-environment happy-dom
// The React hooks render the state and the last event, connect once in StrictMode, and let go when unmounted.
import { createChannel } from 'eventwire/server'
import { createTestServer, type TestServer } from 'eventwire/testing'
import { act, createElement, StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { expect, it, onTestFinished, vi } from 'vitest'
import { useConnection, useLatest, useSubscription } from '../../examples/react/use-subscription.ts'
import type { FetchLike, Subscription } from '../../src/client/index.ts'

type Events = { ping: { time: string } }

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true }) // of this file only: each has a global of its own

function Clock({ subscription }: { subscription: Subscription<Events> }) {
  return `${useConnection(subscription).status} ${useLatest(subscription, 'ping')?.time ?? '–'}`
}

function Page({ server, url }: { server: TestServer<Events>; url: string }) {
  const subscription = useSubscription<Events>(url, { fetch: server.fetch })
  return subscription ? createElement(Clock, { subscription }) : 'nothing yet'
}

function mount(server: TestServer<Events>) {
  const container = document.createElement('div')
  const root = createRoot(container)
  onTestFinished(() => act(() => root.unmount()))
  const show = (url: string) =>
    act(async () => root.render(createElement(StrictMode, null, createElement(Page, { server, url }))))
  return { show, unmount: () => act(async () => root.unmount()), text: () => container.textContent }
}

it('renders the state and the last event of one connection', async () => {
  const server = createTestServer<Events>()
  const page = mount(server)
  await page.show('http://localhost/a')
  await vi.waitFor(() => act(async () => expect(page.text()).toBe('connecting –')))
  const connection = await server.connection()
  await act(async () => void connection.send('ping', { time: '12:00' }))
  await vi.waitFor(() => act(async () => expect(page.text()).toBe('open 12:00')))
  expect(server.connections).toHaveLength(1)
})

it('loses no event of a response that is there at once', async () => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: false }) // React at its own pace, as in a page
  onTestFinished(() => void Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true }))
  const channel = createChannel<Events>()
  onTestFinished(() => channel.close())
  const fetch: FetchLike = async (url, init) =>
    channel.response(new Request(url, init as RequestInit), {
      snapshot: (stream) => void stream.send('ping', { time: '12:00' }),
    })
  function Only() {
    const subscription = useSubscription<Events>('http://localhost/only', { fetch })
    return useLatest(subscription, 'ping')?.time ?? 'nothing'
  }
  for (let mounts = 0; mounts < 20; mounts++) {
    const container = document.createElement('div')
    const root = createRoot(container)
    root.render(createElement(Only))
    await vi.waitFor(() => expect(container.textContent).toBe('12:00'))
    root.unmount()
  }
})

it('leaves with the component, and moves with the URL', async () => {
  const server = createTestServer<Events>()
  const page = mount(server)
  await page.show('http://localhost/a')
  const first = await server.connection()
  await page.show('http://localhost/b')
  expect(await first.closed).toBe('client')
  const second = await server.connection()
  expect(second.request.url).toBe('http://localhost/b')
  await page.unmount()
  expect(await second.closed).toBe('client')
})
