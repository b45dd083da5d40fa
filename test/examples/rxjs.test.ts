// The observables give payloads and states, end as the subscription does, and let go of it when nobody listens.
import { type Subscription, subscribe } from 'eventwire/client'
import { createTestServer, type TestConnection } from 'eventwire/testing'
import { distinctUntilChanged, firstValueFrom, lastValueFrom, map, take, toArray } from 'rxjs'
import { expect, it, onTestFinished } from 'vitest'
import { observe, observeConnection } from '../../examples/rxjs/observe.ts'
import { removalsOf } from './removals.ts'

interface Events {
  ping: { time: string }
}

async function open(): Promise<{ subscription: Subscription<Events>; connection: TestConnection<Events> }> {
  const server = createTestServer<Events>()
  const subscription = subscribe<Events>('http://localhost/', { fetch: server.fetch })
  onTestFinished(() => subscription.close())
  return { subscription, connection: await server.connection() }
}

it('gives payloads until the server is done', async () => {
  const { subscription, connection } = await open()
  const times = lastValueFrom(
    observe(subscription, 'ping')
      .pipe(map(({ time }) => time))
      .pipe(toArray()),
  )
  const states = lastValueFrom(
    observeConnection(subscription).pipe(
      map(({ status }) => status),
      distinctUntilChanged(),
      take(3),
      toArray(),
    ),
  )
  connection.send('ping', { time: '12:00' })
  connection.send('ping', { time: '12:01' })
  connection.end({ final: true })
  expect(await times).toEqual(['12:00', '12:01'])
  expect(await states).toEqual(['connecting', 'open', 'closed'])
})

it('fails with the error that closed it', async () => {
  const { subscription, connection } = await open()
  subscription.onError(() => {})
  const first = firstValueFrom(observe(subscription, 'ping'))
  connection.respond(403, { body: 'not for you' })
  await expect(first).rejects.toMatchObject({ code: 'http-status', status: 403, body: 'not for you' })
})

it('stops listening when it is unsubscribed, and leaves the subscription open', async () => {
  const { subscription, connection } = await open()
  const removals = removalsOf(subscription)
  const seen: string[] = []
  const listening = observe(subscription, 'ping').subscribe(({ time }) => seen.push(time))
  connection.send('ping', { time: '12:00' })
  await subscription.once('ping')
  listening.unsubscribe()
  expect(removals.map((remove) => remove.mock.calls.length)).toEqual([1])
  connection.send('ping', { time: '12:01' })
  await subscription.once('ping')
  expect(seen).toEqual(['12:00'])
  expect(subscription.status).toBe('open')
})
