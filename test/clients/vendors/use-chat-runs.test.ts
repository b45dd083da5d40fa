// @vitest-environment happy-dom
// A page with useChat({ resume: true }) reads a run: through reloads, up to a stop button, and notified when the model or its process fails.
import { useChat } from '@ai-sdk/react'
import { DefaultChatTransport, type UIMessage, type UIMessageChunk } from 'ai'
import { createElement } from 'react'
import { createRoot } from 'react-dom/client'
import { expect, it, onTestFinished } from 'vitest'
import { respond } from '../../../src/server/node/index.ts'
import { createRuns, type RunsOptions } from '../../../src/server/runs/index.ts'
import { eventually } from '../../eventually.ts'
import { deferred } from '../../server/deferred.ts'
import { serve } from './scene.ts'

type Events = { message: UIMessageChunk }

const textOf = ({ parts }: UIMessage) => parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
const delta = (text: string): UIMessageChunk => ({ type: 'text-delta', id: 'text-1', delta: text })

/** A model that says its next word when the test does. */
function model() {
  const words: { word: string; said: () => void }[] = []
  let wake = deferred<void>()
  const seen = { calls: 0, aborted: false }
  return {
    seen,
    say(word: string): Promise<void> {
      return new Promise((said) => {
        words.push({ word, said })
        wake.resolve()
      })
    },
    async *run({ signal }: { signal: AbortSignal }) {
      seen.calls++
      signal.addEventListener('abort', () => {
        seen.aborted = true
        wake.resolve()
      })
      yield { type: 'message', data: { type: 'start', messageId: 'answer-1' } } as const
      yield { type: 'message', data: { type: 'text-start', id: 'text-1' } } as const
      while (!signal.aborted) {
        await wake.promise
        wake = deferred()
        for (const { word, said } of words.splice(0)) {
          if (word === 'fail') throw new Error('out of memory on gpu-7')
          yield { type: 'message', data: delta(word) } as const
          said()
        }
      }
    },
  }
}

/** The server of a chat: the id of a question is that of its answer. */
async function chat(options: Partial<RunsOptions<Events>> = {}) {
  const { say, seen, run } = model()
  const answers = createRuns<Events>({
    run,
    failed: () => ({ type: 'message', data: { type: 'error', errorText: 'The model failed.' } }),
    lost: { type: 'message', data: { type: 'error', errorText: 'The server went away.' } },
    stream: { controls: 'comments', done: '[DONE]' },
    ...options,
  })
  onTestFinished(() => answers.close())
  let latest: string | undefined
  const { url } = await serve(async ({ method, body }, request, response) => {
    if (method === 'POST') {
      latest = body.messages.at(-1).id as string
      await answers.start(latest)
    }
    if (method === 'DELETE') {
      await answers.stop(latest!)
      response.writeHead(204).end()
    } else if (latest === undefined) response.writeHead(204).end()
    else await respond(answers, latest, request, response)
  })
  // The page is at the origin of its server, as in a browser.
  ;(window as unknown as { happyDOM: { setURL(url: string): void } }).happyDOM.setURL(url)
  return { say, seen, answers, latest: () => latest! }
}

const transport = new DefaultChatTransport<UIMessage>({ api: '/api/chat' })

function Chat() {
  const { messages, status, error, sendMessage } = useChat({ id: 'chat-1', transport, resume: true })
  const ask = () => sendMessage({ text: 'Greet me.' })
  const stop = () => fetch('/api/chat/chat-1/stream', { method: 'DELETE' })
  const said = messages.map((message) => `${message.role} ${textOf(message)}`).join(' | ')
  return [
    createElement('p', { key: 1 }, `${status}: ${said}${error ? ` (${error.message})` : ''}`),
    createElement('button', { key: 2, type: 'button', onClick: ask }, 'Ask'),
    createElement('button', { key: 3, type: 'button', onClick: stop }, 'Stop'),
  ]
}

/** A page that shows the chat. */
function load() {
  const container = document.createElement('div')
  const root = createRoot(container)
  const leave = () => root.unmount()
  onTestFinished(leave)
  root.render(createElement(Chat))
  const shows = (text: string) => eventually(() => expect(container.querySelector('p')?.textContent).toBe(text))
  const press = (name: string) =>
    [...container.querySelectorAll('button')].find(({ textContent }) => textContent === name)!.click()
  return { shows, press, leave }
}

it('is asked, reloaded and stopped by a button', async () => {
  const { say, seen, answers, latest } = await chat()
  const first = load()
  await first.shows('ready: ')
  first.press('Ask')
  await first.shows('streaming: user Greet me. | assistant ')
  await say('Hello')
  await first.shows('streaming: user Greet me. | assistant Hello')
  first.leave()

  const reloaded = load()
  await reloaded.shows('streaming: assistant Hello')
  await say(', world')
  await reloaded.shows('streaming: assistant Hello, world')
  reloaded.press('Stop')
  await reloaded.shows('ready: assistant Hello, world')
  expect(seen).toEqual({ calls: 1, aborted: true })
  expect(await answers.status(latest())).toBe('stopped')

  const late = load()
  await late.shows('ready: assistant Hello, world')
  expect(seen.calls).toBe(1)
})

it('is notified that the model failed', async () => {
  const { say } = await chat()
  const page = load()
  await page.shows('ready: ')
  page.press('Ask')
  await page.shows('streaming: user Greet me. | assistant ')
  say('fail')
  await page.shows('error: user Greet me. | assistant  (The model failed.)')
})

it('is notified that the process of the model was lost', async () => {
  const { say, answers } = await chat()
  const page = load()
  await page.shows('ready: ')
  page.press('Ask')
  await page.shows('streaming: user Greet me. | assistant ')
  await say('Hello')
  await page.shows('streaming: user Greet me. | assistant Hello')
  answers.close()
  await page.shows('error: user Greet me. | assistant Hello (The server went away.)')
})

it('starts one answer for a question that is sent twice', async () => {
  const { say, seen } = await chat()
  const question: UIMessage = { id: 'question-1', role: 'user', parts: [{ type: 'text', text: 'Greet me.' }] }
  const send = () =>
    transport.sendMessages({
      trigger: 'submit-message',
      chatId: 'chat-1',
      messageId: undefined,
      messages: [question],
      abortSignal: undefined,
    })
  const readers = await Promise.all([send(), send()].map(async (sent) => (await sent).getReader()))
  await say('Hello')
  for (const reader of readers) {
    const chunks = [await reader.read(), await reader.read(), await reader.read()]
    expect(chunks.map(({ value }) => value?.type)).toEqual(['start', 'text-start', 'text-delta'])
    await reader.cancel()
  }
  expect(seen.calls).toBe(1)
})
