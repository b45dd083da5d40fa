// Every end has a name, which distinguishes an intended end, a broken connection and a truncated response.
import { describe, expect, it } from 'vitest'
import { type ReadOptions, readEvents } from '../../src/client/index.ts'
import { errorsOf, quick, subscribed } from './collect.ts'
import { broken, ended, rawServer } from './raw-server.ts'

/** Reads a whole response; resolves to the payloads and the error. */
async function read(url: string, options: ReadOptions<{ message: unknown }> = {}) {
  const seen: unknown[] = []
  try {
    for await (const { data } of readEvents<{ message: unknown }>(await fetch(url), options)) seen.push(data)
    return { seen, error: undefined }
  } catch (error) {
    return { seen, error }
  }
}

describe('readEvents()', () => {
  const until = ({ data }: { data: string }) => data === '[DONE]'

  it('ends without an error at the event that until waits for', async () => {
    const { url } = await rawServer(ended('data: 1\n\ndata: [DONE]\n\ndata: 2\n\n'))
    expect(await read(url, { until })).toEqual({ seen: [1], error: undefined })
  })

  it.each(['data: 1\n\n', 'data: 1\n\nevent: sse:end\ndata: {}\n\n', 'data: 1\n\ndata: [DONE]\n'])(
    'fails with stream-ended when that event is missing from %j',
    async (wire) => {
      const { url } = await rawServer(ended(wire))
      const { seen, error } = await read(url, { until })
      expect(seen).toEqual([1])
      expect(error).toMatchObject({ name: 'EventwireError', code: 'stream-ended' })
    },
  )

  it('fails with network when the body breaks, behind the events that arrived', async () => {
    const { url } = await rawServer(broken('data: 1\n\ndata: 2\n'))
    const { seen, error } = await read(url)
    expect(seen).toEqual([1])
    expect(error).toMatchObject({ name: 'EventwireError', code: 'network', url, cause: expect.any(Error) })
  })

  it.each(['data: 1\n\ndata: 2', 'data: 1\n\ndata: 2\n', 'data: 1\r\n\r\ndata: 2\r', 'data: 1\n\ndata: 2\n\n'])(
    'flush: true delivers the last event of %j',
    async (wire) => {
      const { url } = await rawServer(ended(wire))
      expect(await read(url, { flush: true })).toEqual({ seen: [1, 2], error: undefined })
    },
  )

  it('drops it otherwise, as the standard has it', async () => {
    const { url } = await rawServer(ended('data: 1\n\ndata: 2\n'))
    expect(await read(url)).toEqual({ seen: [1], error: undefined })
  })

  it('flush makes no event out of nothing', async () => {
    const { url } = await rawServer(ended('data: 1\n\n: a comment\nid: 2\n'))
    expect(await read(url, { flush: true })).toEqual({ seen: [1], error: undefined })
  })
})

describe('closed', () => {
  it('distinguishes a 204, a final end and a complete response', async () => {
    const server = await rawServer(
      (response) => response.writeHead(204).end(),
      ended('event: sse:end\nid: sse:end\ndata: {}\n\n'),
      ended('data: 1\n\n'),
    )
    expect(await subscribed(server.url).closed).toEqual({ reason: 'server', end: 'no-content' })
    expect(await subscribed(server.url).closed).toEqual({ reason: 'server', end: 'final' })
    expect(await subscribed(server.url, { method: 'POST' }).closed).toEqual({ reason: 'server', end: 'complete' })
  })

  it('is exhausted with the last error when maxRetries is used up by clean ends', async () => {
    const server = await rawServer(ended('data: 1\n\n'), ended(''))
    const subscription = subscribed(server.url, { retry: { min: 1, maxRetries: 2 } })
    const errors = errorsOf(subscription)
    expect(await subscription.closed).toEqual({ reason: 'exhausted', error: errors.at(-1) })
    expect(errors.map(({ code, willRetry }) => [code, willRetry])).toEqual([
      ['stream-ended', true],
      ['stream-ended', true],
      ['stream-ended', false],
    ])
  })

  it('is exhausted when the last of them broke', async () => {
    const server = await rawServer(ended(''), broken(''))
    const subscription = subscribed(server.url, { retry: { min: 1, maxRetries: 1 } })
    const errors = errorsOf(subscription)
    expect(await subscription.closed).toEqual({ reason: 'exhausted', error: errors[1] })
    expect(errors[1]).toMatchObject({ code: 'network', willRetry: false })
  })

  it('is until at the event to stop at', async () => {
    const server = await rawServer(ended('data: [DONE]\n\n'))
    const subscription = subscribed(server.url, { ...quick, until: ({ data }) => data === '[DONE]' })
    expect(await subscription.closed).toEqual({ reason: 'until' })
  })
})
