// AG-UI's agent reads a channel while it is published, and finds its messages and its result in it.
import { type BaseEvent, EventType, HttpAgent } from '@ag-ui/client'
import { expect, it } from 'vitest'
import { createChannel } from '../../../src/server/index.ts'
import { respond } from '../../../src/server/node/index.ts'
import { Feed, serve } from './scene.ts'

const WORDS = ['Hello', ', ', 'world', '.']
const RUN = { threadId: 'thread-1', runId: 'run-1' }
const EVENTS = [
  { type: EventType.RUN_STARTED, ...RUN },
  { type: EventType.TEXT_MESSAGE_START, messageId: 'answer-1', role: 'assistant' },
  ...WORDS.map((delta) => ({ type: EventType.TEXT_MESSAGE_CONTENT, messageId: 'answer-1', delta })),
  { type: EventType.TEXT_MESSAGE_END, messageId: 'answer-1' },
  { type: EventType.RUN_FINISHED, ...RUN, result: 'greeted' },
]

async function runs() {
  const channel = createChannel<{ message: BaseEvent }>({ stream: { controls: 'comments' } })
  const feed = new Feed(
    channel,
    EVENTS.map((event) => ['message', event]),
  )
  const scene = await serve((_, request, response) => {
    respond(channel, request, response, { from: 'start' })
  })
  const agent = () => new HttpAgent({ url: `${scene.url}/agent`, threadId: RUN.threadId })
  return { ...scene, feed, agent }
}

it('delivers each event as it is published, and ends with the messages and the result', async () => {
  const { agent, feed } = await runs()
  await feed.next()
  const seen: string[] = []
  const onEvent = async ({ event }: { event: BaseEvent }) => {
    seen.push(event.type)
    await feed.next()
  }
  const { result, newMessages } = await agent().runAgent({ runId: RUN.runId }, { onEvent })
  expect(seen).toEqual(EVENTS.map(({ type }) => type))
  expect(result).toBe('greeted')
  expect(newMessages).toMatchObject([{ id: 'answer-1', role: 'assistant', content: 'Hello, world.' }])
})

it('reads a run that is under way from its beginning, and one that has finished', async () => {
  const { agent, feed, requests } = await runs()
  for (let count = 0; count < 4; count++) await feed.next()
  for (const _ of ['under way', 'finished']) {
    let count = 0
    const onEvent = async () => {
      if (++count === feed.published) await feed.next()
    }
    const { newMessages } = await agent().runAgent({ runId: RUN.runId }, { onEvent })
    expect(count).toBe(EVENTS.length)
    expect(newMessages).toMatchObject([{ content: 'Hello, world.' }])
  }
  expect(requests.map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /agent', 'POST /agent'])
})
