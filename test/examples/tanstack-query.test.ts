// Events keep TanStack's cache: they write what they carry, refetch what they only name, and after a gap refetch everything.
import { QueryClient, QueryObserver } from '@tanstack/query-core'
import { type Subscription, subscribe } from 'eventwire/client'
import { createTestServer, type TestConnection } from 'eventwire/testing'
import { expect, it, onTestFinished, vi } from 'vitest'
import { type AppEvents, followOrders } from '../../examples/tanstack-query/follow-orders.ts'
import { eventually } from '../eventually.ts'

interface Page {
  readonly queries: QueryClient
  readonly subscription: Subscription<AppEvents>
  readonly connection: TestConnection<AppEvents>
  readonly unfollow: () => void
}

async function open(): Promise<Page> {
  const server = createTestServer<AppEvents>()
  const subscription = subscribe<AppEvents>('http://localhost/', { fetch: server.fetch })
  const queries = new QueryClient({ defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY } } })
  const unfollow = followOrders(queries, subscription)
  onTestFinished(() => {
    subscription.close()
    queries.clear()
  })
  return { queries, subscription, connection: await server.connection(), unfollow }
}

/** Shows a query as a component does, and resolves once it has been fetched. */
async function show(queries: QueryClient, queryKey: string[]) {
  const queryFn = vi.fn(async () => 'fetched')
  const observer = new QueryObserver(queries, { queryKey, queryFn })
  onTestFinished(observer.subscribe(() => {}))
  await eventually(() => expect(observer.getCurrentResult().data).toBe('fetched'))
  expect(queryFn).toHaveBeenCalledTimes(1)
  return queryFn
}

it('writes into the cache what an event carries', async () => {
  const { queries, subscription, connection } = await open()
  const fetchOrder = await show(queries, ['order', '7'])
  connection.send('order', { id: '7', state: 'packed' })
  await subscription.once('order')
  expect(queries.getQueryData(['order', '7'])).toEqual({ id: '7', state: 'packed' })
  expect(fetchOrder).toHaveBeenCalledTimes(1)
})

it('fetches again what an event only names', async () => {
  const { queries, connection } = await open()
  const fetchOrder = await show(queries, ['order', '7'])
  const fetchCatalogue = await show(queries, ['catalogue'])
  connection.send('catalogue')
  await eventually(() => expect(fetchCatalogue).toHaveBeenCalledTimes(2))
  expect(fetchOrder).toHaveBeenCalledTimes(1)
})

it('fetches everything again after a gap', async () => {
  const { queries, connection } = await open()
  const shown = [await show(queries, ['order', '7']), await show(queries, ['catalogue'])]
  connection.gap('trimmed')
  await eventually(() => expect(shown.map(({ mock }) => mock.calls.length)).toEqual([2, 2]))
})

it('ignores later events once it was unfollowed', async () => {
  const { queries, subscription, connection, unfollow } = await open()
  const shown = [await show(queries, ['order', '7']), await show(queries, ['catalogue'])]
  unfollow()
  connection.gap('trimmed')
  connection.send('catalogue')
  connection.send('order', { id: '7', state: 'sent' })
  await subscription.once('order')
  expect(shown.map(({ mock }) => mock.calls.length)).toEqual([1, 1])
  expect(queries.getQueryData(['order', '7'])).toBe('fetched')
})
