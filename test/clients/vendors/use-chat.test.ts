// @vitest-environment happy-dom
// A page with useChat({ resume: true }) shows a run that is under way, live, from its beginning, also after each reload.
import { useChat } from '@ai-sdk/react'
import { DefaultChatTransport, type UIMessage, type UIMessageChunk } from 'ai'
import { createElement } from 'react'
import { createRoot } from 'react-dom/client'
import { expect, it, onTestFinished } from 'vitest'
import { createChannel } from '../../../src/server/index.ts'
import { respond } from '../../../src/server/node/index.ts'
import { eventually } from '../../eventually.ts'
import { serve } from './scene.ts'

const textOf = ({ parts }: UIMessage) => parts.map((part) => (part.type === 'text' ? part.text : '')).join('')

function Chat({ transport }: { transport: DefaultChatTransport<UIMessage> }) {
  const { messages, status } = useChat({ id: 'chat-1', transport, resume: true })
  return `${status}: ${messages.map((message) => `${message.role} ${textOf(message)}`).join(' | ')}`
}

/** A page that shows the chat. */
function load(transport: DefaultChatTransport<UIMessage>) {
  const container = document.createElement('div')
  const root = createRoot(container)
  const leave = () => root.unmount()
  onTestFinished(leave)
  const shows = (text: string) => eventually(() => expect(container.textContent).toBe(text))
  root.render(createElement(Chat, { transport }))
  return { shows, leave }
}

it('shows what was said so far and what follows, and is ready at the end', async () => {
  const channel = createChannel<{ message: UIMessageChunk }>({ stream: { controls: 'comments', done: '[DONE]' } })
  const { url, requests } = await serve((_, request, response) => {
    respond(channel, request, response, { from: 'start' })
  })
  // The page is at the origin of its server, as in a browser.
  ;(window as unknown as { happyDOM: { setURL(url: string): void } }).happyDOM.setURL(url)
  const transport = new DefaultChatTransport<UIMessage>({ api: '/api/chat' })
  const say = (delta: string) => channel.publish('message', { type: 'text-delta', id: 'text-1', delta })
  channel.publish('message', { type: 'start', messageId: 'answer-1' })
  channel.publish('message', { type: 'text-start', id: 'text-1' })
  say('Hello')

  const first = load(transport)
  await first.shows('streaming: assistant Hello')
  say(', ')
  await first.shows('streaming: assistant Hello, ')
  first.leave()

  const reloaded = load(transport)
  await reloaded.shows('streaming: assistant Hello, ')
  say('world.')
  await reloaded.shows('streaming: assistant Hello, world.')
  channel.publish('message', { type: 'text-end', id: 'text-1' })
  channel.publish('message', { type: 'finish' })
  channel.close({ final: true })
  await reloaded.shows('ready: assistant Hello, world.')

  const late = load(transport)
  await late.shows('ready: assistant Hello, world.')
  expect(requests.map(({ method, path }) => `${method} ${path}`)).toEqual(Array(3).fill('GET /api/chat/chat-1/stream'))
})
