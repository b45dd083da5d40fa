// msw stands in for the server of a page: it answers, loses the connection, refuses, or runs a handler of Eventwire.
import { subscribe } from 'eventwire/client'
import { createChannel } from 'eventwire/server'
import { HttpResponse, http } from 'msw/http'
import { setupServer } from 'msw/node'
import { sse } from 'msw/sse'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'

type Events = { ping: { time: string } } // msw takes a type here, not an interface
const url = 'http://localhost:3000/events'
const server = setupServer()

beforeAll(() => server.listen({ onUnhandledFrame: 'error' }))
afterEach(() => server.resetHandlers())
afterAll(() => server.close())

it('responds with events', async () => {
  server.use(sse<Events>(url, ({ client }) => client.send({ event: 'ping', data: { time: '12:00' }, id: '7' })))
  using subscription = subscribe<Events>(url)
  expect(await subscription.once('ping')).toEqual({ type: 'ping', data: { time: '12:00' }, id: '7' })
})

it('loses the connection, and sees the client return with its cursor', async () => {
  const cursors: (string | null)[] = []
  server.use(
    sse<Events>(url, ({ client, request }) => {
      cursors.push(request.headers.get('Last-Event-ID'))
      client.send({ event: 'ping', data: { time: '12:00' }, id: `${cursors.length}` })
      if (cursors.length === 1) client.close()
    }),
  )
  using subscription = subscribe<Events>(url, { retry: { min: 1, max: 5 } })
  await subscription.once('ping')
  await subscription.once('ping')
  expect(cursors).toEqual([null, '1'])
})

it('refuses', async () => {
  server.use(http.get(url, () => new HttpResponse('who are you?', { status: 401 })))
  using subscription = subscribe<Events>(url)
  subscription.onError(() => {})
  expect(await subscription.closed).toMatchObject({ reason: 'fatal', error: { status: 401, body: 'who are you?' } })
})

it('answers as your server does: a handler of Eventwire behind msw', async () => {
  const channel = createChannel<Events>()
  server.use(http.get(url, ({ request }) => channel.response(request, { from: 'start' })))
  await channel.publish('ping', { time: '12:00' })
  using subscription = subscribe<Events>(url)
  expect((await subscription.once('ping')).data).toEqual({ time: '12:00' })
})
