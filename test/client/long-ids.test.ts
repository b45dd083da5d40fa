// An id travels whole or not at all.
import { expect, it } from 'vitest'
import { errorsOf, quick, subscribed } from './collect.ts'
import { ended, rawServer, stream } from './raw-server.ts'

it('an id of 4,096 bytes comes back whole', async () => {
  const id = 'ž'.repeat(2_048)
  const server = await rawServer(ended(`id: ${id}\ndata: 1\n\n`), stream())
  const subscription = subscribed(server.url, quick)
  const errors = errorsOf(subscription)
  const { headers } = await server.request(2)
  expect(Buffer.from(headers['last-event-id'] as string, 'latin1').toString()).toBe(id)
  expect(errors.map(({ code }) => code)).toEqual(['stream-ended'])
})

it.each(['header', 'query'] as const)('a longer one is not sent (%s), which is reported once', async (cursorIn) => {
  const long = `id: ${'ž'.repeat(2_048)}!\ndata: 1\n\n`
  const server = await rawServer(ended(long), ended(''), ended(''), stream('id: 2\ndata: 2\n\n'))
  const subscription = subscribed(server.url, { ...quick, cursorIn })
  const errors = errorsOf(subscription)
  for await (const { data } of subscription) if (data === 2) break
  expect(server.requests.map(({ url, headers }) => [url, headers['last-event-id']])).toEqual(
    Array.from({ length: 4 }, () => ['/events', undefined]),
  )
  const [error, ...others] = errors.filter(({ code }) => code === 'invalid-field')
  expect(error!.message).toBe('id of 4097 bytes is over the limit of 4096; requests go out without it')
  expect(others).toEqual([])
  expect(subscription.lastEventId).toBe('2')
})

it('a POST that broke after such an id is not made again: it could not resume', async () => {
  const server = await rawServer((response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' })
    response.write(`id: ${'x'.repeat(5_000)}\ndata: 1\n\n`, () => response.destroy())
  })
  const subscription = subscribed(server.url, { method: 'POST', ...quick })
  const errors = errorsOf(subscription)
  expect(await subscription.closed).toMatchObject({ reason: 'exhausted', error: { code: 'network' } })
  expect(errors.map(({ code }) => code).sort()).toEqual(['invalid-field', 'network'])
  expect(server.requests).toHaveLength(1)
})
