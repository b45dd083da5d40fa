// Anthropic's client reads a channel while it is published, by the names of its events, and puts the message together.
import Anthropic from '@anthropic-ai/sdk'
import type { RawMessageStreamEvent } from '@anthropic-ai/sdk/resources/messages'
import { expect, it } from 'vitest'
import { createChannel } from '../../../src/server/index.ts'
import { respond } from '../../../src/server/node/index.ts'
import { Feed, serve } from './scene.ts'

type Events = { [Event in RawMessageStreamEvent as Event['type']]: Event } & {
  ping: { type: 'ping' }
  error: { type: 'error'; error: { type: string; message: string } }
}

const WORDS = ['Hello', ', ', 'world', '.']
const EVENTS = [
  {
    type: 'message_start',
    message: {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'some-model',
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: 3, output_tokens: 1 },
    },
  },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '', citations: null } },
  { type: 'ping' },
  ...WORDS.map((text) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })),
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 5 } },
  { type: 'message_stop' },
]

async function messages() {
  const channel = createChannel<Events>({ stream: { controls: 'comments' } })
  const feed = new Feed(
    channel,
    EVENTS.map((event) => [event.type, event]),
  )
  const scene = await serve((_, request, response) => {
    respond(channel, request, response, { from: 'start' })
  })
  const client = new Anthropic({ apiKey: 'none', baseURL: scene.url, maxRetries: 0 })
  const stream = () =>
    client.messages.stream({
      model: 'some-model',
      max_tokens: 100,
      messages: [{ role: 'user', content: 'Greet me.' }],
    })
  return { ...scene, channel, feed, stream }
}

it('delivers each event but ping as it is published, and the message at the end', async () => {
  const { feed, stream } = await messages()
  await feed.next()
  const seen: object[] = []
  const reading = stream()
  for await (const event of reading) {
    seen.push(structuredClone(event)) // it fills the first one in as the others arrive
    await feed.next()
    // It does not deliver the ping.
    if (event.type === 'content_block_start') await feed.next()
  }
  expect(seen).toEqual(EVENTS.filter(({ type }) => type !== 'ping'))
  const message = await reading.finalMessage()
  expect(message.content).toMatchObject([{ type: 'text', text: WORDS.join('') }])
  expect(message.stop_reason).toBe('end_turn')
})

it('reads a response that was cut again from its beginning', async () => {
  const { channel, feed, stream, cut } = await messages()
  for (let count = 0; count < 5; count++) await feed.next()
  const broken = stream()
  broken.on('text', cut)
  await expect(broken.finalMessage()).rejects.toThrow()
  const again = stream()
  again.on('text', (_, soFar) => {
    if (soFar === 'Hello, ') void rest()
  })
  const rest = async () => {
    while (feed.published < EVENTS.length) await feed.next()
    await channel.close({ final: true })
  }
  expect((await again.finalMessage()).content).toMatchObject([{ type: 'text', text: WORDS.join('') }])
})

it('throws an event named error as its own error', async () => {
  const { channel, feed, stream } = await messages()
  await feed.next()
  channel.publish('error', { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } })
  await expect(stream().finalMessage()).rejects.toMatchObject({ type: 'overloaded_error' })
})
