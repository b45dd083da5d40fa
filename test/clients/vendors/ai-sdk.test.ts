// The AI SDK's transport reads a channel while it is published, and takes up a response that was cut from its beginning.
import { DefaultChatTransport, type UIMessage, type UIMessageChunk } from 'ai'
import { describe, expect, it } from 'vitest'
import { createChannel } from '../../../src/server/index.ts'
import { respond } from '../../../src/server/node/index.ts'
import { Feed, serve } from './scene.ts'

type Events = { message: UIMessageChunk }

const WORDS = ['Hello', ', ', 'world', '.']
const CHUNKS: readonly UIMessageChunk[] = [
  { type: 'start', messageId: 'answer-1' },
  { type: 'text-start', id: 'text-1' },
  ...WORDS.map((delta) => ({ type: 'text-delta', id: 'text-1', delta }) as const),
  { type: 'text-end', id: 'text-1' },
  { type: 'finish' },
]
const question: UIMessage = { id: 'question-1', role: 'user', parts: [{ type: 'text', text: 'Greet me.' }] }

/** A chat whose POST and reconnects read the same channel. */
async function chat() {
  const channel = createChannel<Events>({
    stream: { controls: 'comments', done: '[DONE]', headers: { 'x-vercel-ai-ui-message-stream': 'v1' } },
  })
  const feed = new Feed(
    channel,
    CHUNKS.map((chunk) => ['message', chunk]),
  )
  const scene = await serve(({ path }, request, response) => {
    if (path === '/api/chat/none/stream') response.writeHead(204).end()
    else respond(channel, request, response, { from: 'start' })
  })
  const transport = new DefaultChatTransport({ api: `${scene.url}/api/chat` })
  const send = () =>
    transport.sendMessages({
      trigger: 'submit-message',
      chatId: 'chat-1',
      messageId: undefined,
      messages: [question],
      abortSignal: undefined,
    })
  return { ...scene, feed, transport, send }
}

/** Reads chunks, and publishes the next one after each. */
async function readLive(
  stream: ReadableStream<UIMessageChunk>,
  feed: Feed,
  most = Infinity,
): Promise<UIMessageChunk[]> {
  const chunks: UIMessageChunk[] = []
  const reader = stream.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return chunks
    chunks.push(value)
    if (chunks.length === most) return chunks
    if (chunks.length === feed.published) await feed.next()
  }
}

describe('DefaultChatTransport', () => {
  it('reads each chunk as it is published, and ends', async () => {
    const { feed, send, requests } = await chat()
    await feed.next()
    expect(await readLive(await send(), feed)).toEqual(CHUNKS)
    expect(requests.map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /api/chat'])
  })

  it('takes up a response that was cut, live, by reconnectToStream()', async () => {
    const { feed, send, transport, cut } = await chat()
    await feed.next()
    const reading = await send()
    const seen = await readLive(reading, feed, 4)
    expect(seen).toEqual(CHUNKS.slice(0, 4))
    cut()
    const resumed = await transport.reconnectToStream({ chatId: 'chat-1' })
    expect(await readLive(resumed!, feed)).toEqual(CHUNKS)
  })

  it('reads a finished response again, and finds none where there is none', async () => {
    const { feed, send, transport } = await chat()
    await feed.next()
    await readLive(await send(), feed)
    const again = await transport.reconnectToStream({ chatId: 'chat-1' })
    expect(await readLive(again!, feed)).toEqual(CHUNKS)
    expect(await transport.reconnectToStream({ chatId: 'none' })).toBeNull()
  })
})
