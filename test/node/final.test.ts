// Final means final: our client stops by the last frame, a plain EventSource by the 204 that its next request gets.
import { createServer } from 'node:http'
import { EventSource } from 'eventsource'
import { describe, expect, it } from 'vitest'
import { subscribe } from '../../src/client/index.ts'
import { createStream } from '../../src/server/node/index.ts'
import { listen } from './listen.ts'

type Events = { message: string }

/** Answers once and for all; counts who comes back. */
async function serveOnce(controls: 'events' | 'comments') {
  const statuses: number[] = []
  const port = await listen(
    createServer((req, res) => {
      const stream = createStream<Events>(req, res, { retry: 10, controls })
      statuses.push(res.statusCode)
      stream.send('message', 'the answer')
      stream.close({ final: true })
    }),
  )
  return { url: `http://127.0.0.1:${port}/`, statuses }
}

describe.each(['events', 'comments'] as const)('a stream closed for good, as %s', (controls) => {
  it('stops our client at once', async () => {
    const { url, statuses } = await serveOnce(controls)
    const subscription = subscribe<Events>(url)
    const received: string[] = []
    subscription.on('message', (data) => received.push(data))
    expect(await subscription.closed).toMatchObject({ reason: 'server' })
    expect(received).toEqual(['the answer'])
    expect(statuses).toEqual([200])
  })

  it('by a piped source that has ended does not start it again, for our client or an EventSource', async () => {
    let runs = 0
    async function* answer() {
      runs++
      for (const data of ['Hello', ' ', 'world']) yield { type: 'message', data } as const
    }
    const port = await listen(
      createServer((req, res) => {
        createStream<Events>(req, res, { retry: 10, controls }).pipe(answer(), { final: true })
      }),
    )
    const url = `http://127.0.0.1:${port}/`
    const subscription = subscribe<Events>(url)
    let text = ''
    subscription.on('message', (data) => {
      text += data
    })
    expect(await subscription.closed).toMatchObject({ reason: 'server' })
    expect([text, runs]).toEqual(['Hello world', 1])

    const source = new EventSource(url)
    await new Promise<void>((resolve) => {
      source.onerror = () => {
        if (source.readyState === source.CLOSED) resolve()
      }
    })
    expect(runs).toBe(2)
  })

  it('stops an EventSource when it comes back', async () => {
    const { url, statuses } = await serveOnce(controls)
    const source = new EventSource(url)
    const received: string[] = []
    source.onmessage = ({ data }) => received.push(data)
    await new Promise<void>((resolve) => {
      source.onerror = () => {
        if (source.readyState === source.CLOSED) resolve()
      }
    })
    expect(received).toEqual(['"the answer"'])
    expect(statuses).toEqual([200, 204])
  })
})
