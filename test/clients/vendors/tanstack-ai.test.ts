// TanStack AI's connection reads a channel while it is published, resumes by itself where it was cut, and joins a run from its start.
import type { StreamChunk } from '@tanstack/ai'
import { fetchServerSentEvents } from '@tanstack/ai-client'
import { describe, expect, it } from 'vitest'
import { createChannel } from '../../../src/server/index.ts'
import { respond } from '../../../src/server/node/index.ts'
import { Feed, serve } from './scene.ts'

const RUN = { threadId: 'thread-1', runId: 'run-1' }
const WORDS = ['Hello', ', ', 'world', '.']
const CHUNKS = [
  { type: 'RUN_STARTED', ...RUN },
  { type: 'TEXT_MESSAGE_START', messageId: 'answer-1', role: 'assistant' },
  ...WORDS.map((delta) => ({ type: 'TEXT_MESSAGE_CONTENT', messageId: 'answer-1', delta })),
  { type: 'TEXT_MESSAGE_END', messageId: 'answer-1' },
  { type: 'RUN_FINISHED', ...RUN, finishReason: 'stop' },
]

async function runs() {
  const channel = createChannel<{ message: object }>({ stream: { controls: 'comments' } })
  const feed = new Feed(
    channel,
    CHUNKS.map((chunk) => ['message', chunk]),
  )
  const scene = await serve((_, request, response) => {
    respond(channel, request, response, { from: 'start' })
  })
  const connection = fetchServerSentEvents(`${scene.url}/chat`, { reconnect: { delayMs: 1 } })
  const send = () => connection.connect([{ role: 'user', content: 'Greet me.' }], undefined, undefined, { ...RUN })
  return { ...scene, feed, connection, send }
}

describe('fetchServerSentEvents()', () => {
  it('delivers each chunk as it is published, and ends', async () => {
    const { feed, send, requests } = await runs()
    await feed.next()
    const seen: StreamChunk[] = []
    for await (const chunk of send()) {
      seen.push(chunk)
      await feed.next()
    }
    expect(seen).toMatchObject(CHUNKS)
    expect(seen).toHaveLength(CHUNKS.length)
    expect(requests).toHaveLength(1)
  })

  it('resumes by itself behind the last chunk when it is cut, each time', async () => {
    const { feed, send, cut, requests } = await runs()
    await feed.next()
    const seen: StreamChunk[] = []
    for await (const chunk of send()) {
      seen.push(chunk)
      if (seen.length === 3 || seen.length === 5) {
        cut()
        await feed.next() // while it is away
      } else await feed.next()
    }
    expect(seen).toMatchObject(CHUNKS)
    expect(seen).toHaveLength(CHUNKS.length)
    expect(requests.map(({ method, lastEventId }) => [method, lastEventId?.split('.')[1]])).toEqual([
      ['POST', undefined],
      ['POST', '3'],
      ['POST', '5'],
    ])
  })

  it('joins a run that is under way, and one that has finished, from their start', async () => {
    const { feed, connection, requests } = await runs()
    for (let count = 0; count < 4; count++) await feed.next()
    const join = async () => {
      const seen: StreamChunk[] = []
      for await (const chunk of connection.joinRun(RUN.runId)) {
        seen.push(chunk)
        if (seen.length === feed.published) await feed.next()
      }
      return seen
    }
    expect(await join()).toMatchObject(CHUNKS)
    expect(await join()).toMatchObject(CHUNKS)
    expect(requests.map(({ method, path }) => `${method} ${path}`)).toEqual(
      Array(2).fill('GET /chat?offset=-1&runId=run-1'),
    )
  })
})
