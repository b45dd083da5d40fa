// @vitest-environment happy-dom
// The React hook folds every event from the first one on, and follows its component: mounts, URLs, StrictMode, unmounts.
import { act, createElement, StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import type { FetchLike } from '../../src/client/index.ts'
import type { Reducer } from '../../src/index.ts'
import { type EventsState, type UseEventsOptions, useEvents } from '../../src/react/index.ts'
import { createChannel } from '../../src/server/index.ts'
import { createTestServer } from '../../src/testing/index.ts'
import { eventually } from '../eventually.ts'
import { type Events, list } from './list.ts'

interface Props {
  readonly url?: string
  readonly options: UseEventsOptions<Events>
  readonly suffix?: string
  readonly more?: Partial<Reducer<Events, readonly string[]>>
}

let last: EventsState<Events, readonly string[]>

function List({ url = 'http://localhost/list', options, suffix = '', more = {} }: Props) {
  const on = suffix ? { ...list.on, added: added(suffix) } : list.on
  const reducer = { ...list, ...more, on: { ...on, ...more.on } }
  last = useEvents(url, reducer, options)
  return `${last.status} ${last.state.join(' ')} ${last.error?.code ?? ''}`.trim()
}

const added = (suffix: string) => (items: readonly string[], item: string) => [...items, item + suffix]

function mount(strict = true) {
  const container = document.createElement('div')
  const root = createRoot(container)
  const element = (props: Props) =>
    strict ? createElement(StrictMode, null, createElement(List, props)) : createElement(List, props)
  onTestFinished(async () => {
    Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })
    await act(async () => root.unmount())
  })
  return {
    show: (props: Props) => act(async () => root.render(element(props))),
    render: (props: Props) => root.render(element(props)),
    unmount: () => act(async () => root.unmount()),
    shows: (text: string) =>
      eventually(async () => {
        await act(async () => {})
        expect(container.textContent).toBe(text)
      }),
    container,
  }
}

function scene(strict?: boolean) {
  const server = createTestServer<Events>()
  return { server, options: { fetch: server.fetch, retry: () => 1 }, page: mount(strict) }
}

beforeEach(() => void Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true }))

describe('useEvents', () => {
  it.each([
    ['StrictMode', true],
    ['without it', false],
  ])('renders the state of one connection: %s', async (_, strict) => {
    const { server, options, page } = scene(strict)
    await page.show({ options })
    await page.shows('connecting')
    const connection = await server.connection()
    connection.send('snapshot', ['a'])
    connection.send('added', 'b')
    await page.shows('open a b')
    expect(server.connections).toHaveLength(1)
    await page.unmount()
    expect(await connection.closed).toBe('client')
    await eventually(() => expect(last.subscription.state.get()).toEqual({ status: 'paused', reason: 'idle' }))
  })

  it('loses nothing of a response that is there at once, at the pace of a page', async () => {
    Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: false })
    const channel = createChannel<Events>()
    onTestFinished(() => channel.close())
    const fetch: FetchLike = async (url, init) =>
      channel.response(new Request(url, init as RequestInit), {
        snapshot: (stream) => {
          for (let item = 0; item < 50; item++) stream.send('added', `${item}`)
        },
      })
    const all = Array.from({ length: 50 }, (_, item) => item).join(' ')
    for (let mounts = 0; mounts < 10; mounts++) {
      const { container, render } = mount(mounts % 2 === 0)
      render({ options: { fetch } })
      await eventually(() => expect(container.textContent).toBe(`open ${all}`))
    }
  })

  it('moves with the URL, and never shows the state of another', async () => {
    const { server, options, page } = scene()
    const shown: string[] = []
    new MutationObserver(() => shown.push(page.container.textContent!)).observe(page.container, {
      subtree: true,
      childList: true,
      characterData: true,
    })
    await page.show({ url: 'http://localhost/a', options })
    const first = await server.connection()
    first.send('added', 'of a')
    await page.shows('open of a')
    shown.length = 0
    await page.show({ url: 'http://localhost/b', options })
    expect(await first.closed).toBe('client')
    const second = await server.connection()
    expect(second.request.url).toBe('http://localhost/b')
    second.send('added', 'of b')
    await page.shows('open of b')
    expect(shown.filter((text) => text.includes('of a'))).toEqual([])
  })

  it('connects when it is enabled, keeps the state while it is not, and resumes from the cursor', async () => {
    const { server, options, page } = scene()
    await page.show({ options: { ...options, enabled: false } })
    await page.shows('paused')
    expect(server.connections).toEqual([])
    await page.show({ options: { ...options, enabled: true } })
    const first = await server.connection()
    first.send('added', 'a', { id: '7' })
    await page.shows('open a')
    await page.show({ options: { ...options, enabled: false } })
    expect(await first.closed).toBe('client')
    await page.shows('open a') // React no longer watches
    await page.show({ options: { ...options, enabled: true } })
    const second = await server.connection()
    expect(second.lastEventId).toBe('7')
    second.send('added', 'b')
    await page.shows('open a b')
  })

  it('folds with the reducer of the last render', async () => {
    const { server, options, page } = scene()
    await page.show({ options, suffix: '!' })
    const connection = await server.connection()
    connection.send('added', 'a')
    await page.shows('open a!')
    await page.show({ options, suffix: '?' })
    connection.send('added', 'b')
    await page.shows('open a! b?')
    expect(server.connections).toHaveLength(1)
  })

  it('folds events whose name only a later render knows, and each gap once', async () => {
    const { server, options, page } = scene()
    await page.show({ options })
    const connection = await server.connection()
    connection.send('added', 'a')
    connection.send('removed', 'a')
    await page.shows('open a')
    const on = { removed: (items: readonly string[], item: string) => items.filter((each) => each !== item) }
    await page.show({ options, more: { on, onGap: (items) => [...items, 'gap'] } })
    await page.show({ options, more: { on, onGap: (items) => [...items, 'gap!'] } })
    for (const item of ['b', 'c']) connection.send('added', item)
    connection.send('removed', 'b')
    connection.gap('trimmed')
    await page.shows('open a c gap!')
    await page.show({ options })
    connection.send('removed', 'c')
    connection.send('added', 'd')
    await page.shows('open a c gap! d')
    expect(server.connections).toHaveLength(1)
    await page.unmount()
    expect(await connection.closed).toBe('client')
  })

  it('shows why a connection broke until the next is open, and why it closed for good', async () => {
    const { server, options, page } = scene()
    await page.show({ options: { ...options, retry: () => (last.error ? false : 3_600_000) } })
    const first = await server.connection()
    first.send('added', 'a')
    await page.shows('open a')
    await act(async () => first.break())
    await page.shows('waiting a network')
    await act(async () => last.subscription.reconnect())
    const second = await server.connection()
    second.accept()
    await page.shows('open a')
    await act(async () => second.break())
    await act(async () => last.subscription.reconnect())
    ;(await server.connection()).respond(403)
    await page.shows('closed a http-status')
  })
})
