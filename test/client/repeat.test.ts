// A finished request is not made again; one that broke resumes, and one that was refused waits as the server asked.
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { SubscribeOptions } from '../../src/client/index.ts'
import { freePort } from '../free-port.ts'
import { errorsOf, quick, subscribed } from './collect.ts'
import { broken, ended, type Handler, rawServer, respondWith, stream } from './raw-server.ts'

const question = { method: 'POST', body: 'a question', ...quick } as const

/** Records the method, cursor and body of each request, in the order of arrival. */
async function recordingServer(...handlers: Handler[]) {
  const seen: unknown[] = []
  const recorded = handlers.map(
    (handler): Handler =>
      async (response, request) => {
        seen.push([request.method, request.headers['last-event-id'], await text(request)])
        handler(response, request)
      },
  )
  return { ...(await rawServer(...recorded)), seen }
}

async function endOf(options: SubscribeOptions<any>, ...handlers: Handler[]) {
  const server = await recordingServer(...handlers)
  const subscription = subscribed(server.url, options)
  const errors = errorsOf(subscription)
  return { closed: await subscription.closed, errors, seen: server.seen, server }
}

describe('a response that ended properly', () => {
  it.each([
    ['with ids', 'id: 1\ndata: 1\n\nid: 2\ndata: 2\n\n'],
    ['without ids', 'data: 1\n\n'],
    ['with a retry line', 'retry: 20\nid: 1\ndata: 1\n\n'],
    ['without any event', ''],
  ])('closes a POST as a success, %s', async (_, wire) => {
    const { closed, errors, seen } = await endOf(question, ended(wire))
    expect(closed).toEqual({ reason: 'server', end: 'complete' })
    expect(errors).toEqual([])
    expect(seen).toEqual([['POST', undefined, 'a question']])
  })

  it('counts as a loss for QUERY, which is as safe as GET', async () => {
    const server = await recordingServer(ended('id: 1\ndata: 1\n\n'), stream('data: 2\n\n'))
    const subscription = subscribed(server.url, { method: 'QUERY', body: 'x', ...quick })
    for await (const { data } of subscription) if (data === 2) break
    expect(server.seen).toEqual([
      ['QUERY', undefined, 'x'],
      ['QUERY', '1', 'x'],
    ])
  })
})

describe('a response that broke', () => {
  it('is not asked for again before an id: nobody knows what the server has done', async () => {
    const { closed, errors, seen } = await endOf(question, broken('data: 1\n\n'))
    expect(closed).toEqual({ reason: 'exhausted', error: errors[0] })
    expect(errors[0]).toMatchObject({ code: 'network', willRetry: false })
    expect(seen).toHaveLength(1)
  })

  it('is resumed after an id by the same request with the cursor, and ends as a success', async () => {
    const { closed, errors, seen } = await endOf(question, broken('id: 1\ndata: 1\n\n'), ended('id: 2\ndata: 2\n\n'))
    expect(closed).toEqual({ reason: 'server', end: 'complete' })
    expect(errors.map(({ code, willRetry }) => [code, willRetry])).toEqual([['network', true]])
    expect(seen).toEqual([
      ['POST', undefined, 'a question'],
      ['POST', '1', 'a question'],
    ])
  })
})

describe("resume: 'GET'", () => {
  it('resumes by GET without a body, and takes its clean end for a loss', async () => {
    const server = await recordingServer(
      broken('id: 1\ndata: 1\n\n'),
      ended('id: 2\ndata: 2\n\n'),
      stream('id: 3\ndata: 3\n\n'),
    )
    const subscription = subscribed(server.url, { ...quick, json: { prompt: 'x' }, resume: 'GET' })
    for await (const { data } of subscription) if (data === 3) break
    expect(server.seen).toEqual([
      ['POST', undefined, '{"prompt":"x"}'],
      ['GET', '1', ''],
      ['GET', '2', ''],
    ])
    expect(server.requests[1]!.headers['content-type']).toBeUndefined()
  })

  it('counts a clean end as a loss as soon as there was an id', async () => {
    const server = await recordingServer(ended('id: 1\ndata: 1\n\n'), stream())
    subscribed(server.url, { ...question, resume: 'GET' })
    await server.request(2)
    expect(server.seen[0]).toEqual(['POST', undefined, 'a question'])
    expect(server.requests[1]!.method).toBe('GET')
  })

  it('leaves a clean end without any id a success', async () => {
    const { closed, seen } = await endOf({ ...question, resume: 'GET' }, ended('data: 1\n\n'))
    expect(closed).toEqual({ reason: 'server', end: 'complete' })
    expect(seen).toHaveLength(1)
  })

  it('begins by GET with the cursor that a storage kept', async () => {
    const server = await recordingServer(stream())
    await subscribed(server.url, { ...question, resume: 'GET', lastEventId: '7' }).opened
    expect(server.seen).toEqual([['GET', '7', '']])
  })
})

describe('a POST that was refused', () => {
  it.each([408, 425, 429, 502, 503, 504])('is repeated after %i', async (status) => {
    const { closed, errors, seen } = await endOf(question, respondWith(status), ended('data: 1\n\n'))
    expect(closed).toEqual({ reason: 'server', end: 'complete' })
    expect(errors.map((error) => [error.status, error.willRetry])).toEqual([[status, true]])
    expect(seen).toEqual([
      ['POST', undefined, 'a question'],
      ['POST', undefined, 'a question'],
    ])
  })

  it.each([500, 507])('is not after %i, which may have come in the middle of the work', async (status) => {
    const { closed, errors, seen } = await endOf(question, respondWith(status))
    expect(closed).toEqual({ reason: 'exhausted', error: errors[0] })
    expect(seen).toHaveLength(1)
  })

  it('waits as long as Retry-After asks, within maxRetries', async () => {
    const options = { ...question, retry: { min: 1, maxRetries: 1 } }
    const { closed, errors, seen } = await endOf(
      options,
      respondWith(429, '', { 'Retry-After': '1' }),
      respondWith(429),
    )
    expect(errors[0]!.retryIn).toBeGreaterThanOrEqual(1_000)
    expect(closed).toEqual({ reason: 'exhausted', error: errors[1] })
    expect(seen).toHaveLength(2)
  })

  it('is repeated when it was never sent', async () => {
    const port = await freePort()
    const subscription = subscribed(`http://127.0.0.1:${port}/`, question)
    const errors = errorsOf(subscription)
    const seen: unknown[] = []
    await new Promise<void>((resolve) => subscription.onError(() => resolve(), { once: true }))
    const server = createServer(async (request, response) => {
      seen.push([request.method, await text(request)])
      ended('data: 1\n\n')(response, request)
    })
    server.listen(port, '127.0.0.1')
    onTestFinished(() => void server.close())
    expect(await subscription.closed).toEqual({ reason: 'server', end: 'complete' })
    expect(errors[0]).toMatchObject({ code: 'network', willRetry: true })
    expect(seen).toEqual([['POST', 'a question']])
  })
})
