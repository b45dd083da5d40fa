// The behaviour of each client with names, ids, comments and fields that its protocol does not have: the table in docs/wire.md.
import { HttpAgent } from '@ag-ui/client'
import Anthropic from '@anthropic-ai/sdk'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { fetchServerSentEvents } from '@tanstack/ai-client'
import { DefaultChatTransport } from 'ai'
import { EventSource } from 'eventsource'
import OpenAI from 'openai'
import { describe, expect, it, onTestFinished } from 'vitest'
import { serve } from './scene.ts'

/** Lines in front of an event, or within it. */
const PROBES = {
  name: 'event: sse:cursor\nid: a.1\ndata: {}\n\n',
  id: 'id: a.1\n\n',
  comment: ': sse:gap {"reason":"epoch"}\n: topic: a\n',
  field: 'topic: a\n',
} as const

/** A client, with a stream that it reads in full and what it makes of it. */
interface Subject {
  /** The events of the stream; a probe is put before the second. */
  readonly events: readonly string[]
  read(url: string): Promise<unknown[]>
}

const data = (value: object) => `data: ${JSON.stringify(value)}\n\n`
const named = (value: { type: string }) => `event: ${value.type}\n${data(value)}`
const RUN = { threadId: 'thread-1', runId: 'run-1' }
const run = [
  data({ type: 'RUN_STARTED', ...RUN }),
  data({ type: 'TEXT_MESSAGE_START', messageId: 'answer-1', role: 'assistant' }),
  data({ type: 'TEXT_MESSAGE_END', messageId: 'answer-1' }),
  data({ type: 'RUN_FINISHED', ...RUN }),
]

const subjects: Record<string, Subject> = {
  'ai, DefaultChatTransport': {
    events: [data({ type: 'start' }), data({ type: 'finish' }), 'data: [DONE]\n\n'],
    async read(url) {
      const stream = await new DefaultChatTransport({ api: url }).reconnectToStream({ chatId: '1' })
      const chunks: unknown[] = []
      for (const reader = stream!.getReader(); ; ) {
        const { done, value } = await reader.read()
        if (done) return chunks
        chunks.push(value)
      }
    },
  },
  openai: {
    events: [data({ choices: [] }), data({ choices: [] }), 'data: [DONE]\n\n'],
    async read(url) {
      const client = new OpenAI({ apiKey: 'none', baseURL: url, maxRetries: 0 })
      const chunks: unknown[] = []
      const stream = await client.chat.completions.create({ model: 'm', messages: [], stream: true })
      for await (const chunk of stream) chunks.push(chunk)
      return chunks
    },
  },
  '@anthropic-ai/sdk': {
    events: [named({ type: 'message_start' }), named({ type: 'message_stop' })],
    async read(url) {
      const client = new Anthropic({ apiKey: 'none', baseURL: url, maxRetries: 0 })
      const events: unknown[] = []
      const stream = await client.messages.create({ model: 'm', max_tokens: 1, messages: [], stream: true })
      for await (const event of stream) events.push(event)
      return events
    },
  },
  '@ag-ui/client': {
    events: run,
    async read(url) {
      const events: unknown[] = []
      await new HttpAgent({ url }).runAgent({}, { onEvent: ({ event }) => void events.push(event) })
      return events
    },
  },
  '@tanstack/ai-client': {
    events: run,
    async read(url) {
      const chunks: unknown[] = []
      for await (const chunk of fetchServerSentEvents(url).connect([], undefined, undefined, RUN)) chunks.push(chunk)
      return chunks
    },
  },
  '@modelcontextprotocol/sdk': {
    events: [
      data({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'hello' } }),
      data({ jsonrpc: '2.0', id: 1, result: { content: [] } }),
    ],
    async read(url) {
      const transport = new StreamableHTTPClientTransport(new URL(url))
      const messages: unknown[] = []
      const received = Promise.withResolvers<void>()
      transport.onerror = received.reject
      await transport.start()
      transport.onmessage = (message) => {
        messages.push(message)
        if ('result' in message) received.resolve()
      }
      await transport.send({ jsonrpc: '2.0', id: 1, method: 'tools/call' })
      await received.promise
      await transport.close()
      return messages
    },
  },
  eventsource: {
    events: [data({ n: 1 }), data({ n: 2 })],
    read: (url) =>
      new Promise((resolve) => {
        const source = new EventSource(url)
        onTestFinished(() => source.close())
        const seen: unknown[] = []
        source.onmessage = ({ data }) => seen.push(data)
        source.onerror = () => resolve(seen)
      }),
  },
}

const HABITS: Record<keyof typeof subjects, Record<keyof typeof PROBES, 'ignores' | 'throws' | 'delivers'>> = {
  'ai, DefaultChatTransport': { name: 'throws', id: 'ignores', comment: 'ignores', field: 'ignores' },
  openai: { name: 'delivers', id: 'ignores', comment: 'ignores', field: 'ignores' },
  '@anthropic-ai/sdk': { name: 'delivers', id: 'ignores', comment: 'ignores', field: 'ignores' },
  '@ag-ui/client': { name: 'throws', id: 'ignores', comment: 'ignores', field: 'ignores' },
  '@tanstack/ai-client': { name: 'delivers', id: 'ignores', comment: 'ignores', field: 'throws' },
  '@modelcontextprotocol/sdk': { name: 'ignores', id: 'ignores', comment: 'ignores', field: 'ignores' },
  eventsource: { name: 'ignores', id: 'ignores', comment: 'ignores', field: 'ignores' },
}

async function readWith({ events, read }: Subject, probe: string): Promise<unknown[]> {
  const [first, ...others] = events
  const { url } = await serve((_, _request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' }).end(first + probe + others.join(''))
  })
  return read(url)
}

describe.each(Object.entries(subjects))('%s', (client, subject) => {
  it.each(Object.entries(PROBES))('%s', async (probe, text) => {
    const plain = await readWith(subject, '')
    expect(plain.length).toBeGreaterThan(1)
    const habit = await readWith(subject, text).then(
      (seen) => (JSON.stringify(seen) === JSON.stringify(plain) ? 'ignores' : 'delivers'),
      () => 'throws',
    )
    expect(habit).toBe(HABITS[client]![probe as keyof typeof PROBES])
  })
})
