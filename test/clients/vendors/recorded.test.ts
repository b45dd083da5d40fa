// Recorded responses of AI servers are read with the types of their own packages, by readEvents() and by subscribe().
import type { BaseEvent } from '@ag-ui/client'
import type { RawMessageStreamEvent } from '@anthropic-ai/sdk/resources/messages'
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js'
import type { StreamChunk } from '@tanstack/ai'
import type { UIMessageChunk } from 'ai'
import type { ChatCompletionChunk } from 'openai/resources/chat/completions'
import type { ResponseStreamEvent } from 'openai/resources/responses/responses'
import { describe, expect, it } from 'vitest'
import { type ReadOptions, readEvents, type SubscribeOptions, subscribe } from '../../../src/client/index.ts'
import type { EventOf } from '../../../src/index.ts'
import { rawServer } from '../../client/raw-server.ts'

/** A response as it was sent. */
interface Recording {
  readonly status?: number
  readonly type?: string
  readonly text: string
}

type Options = Pick<SubscribeOptions<any>, 'accept' | 'until'> & Pick<ReadOptions<any>, 'flush'>

const isDone = ({ data }: { data: string }) => data === '[DONE]'

/** Reads a recording with both, and expects the same from each. */
async function read<Events extends object>(recording: Recording, options: Options = {}): Promise<EventOf<Events>[]> {
  const { status = 200, type = 'text/event-stream', text } = recording
  const { url } = await rawServer((response) => {
    response.writeHead(status, type === '' ? {} : { 'Content-Type': type }).end(text)
  })
  const { flush, ...others } = options
  const read: EventOf<Events>[] = []
  const reading = readEvents<any>(await fetch(url, { method: 'POST' }), options) as AsyncIterable<EventOf<Events>>
  for await (const event of reading) read.push(event)
  if (!flush) {
    const received: unknown[] = []
    const subscription = subscribe<any>(url, { ...others, json: { stream: true }, retry: false })
    subscription.onAny((event) => received.push(event))
    const { reason, error } = await subscription.closed
    expect([reason, error]).toEqual([options.until ? 'until' : 'server', undefined])
    expect(received).toEqual(read)
  }
  return read
}

describe('OpenAI', () => {
  const chunk = (choices: string, more = '') =>
    `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1760000000,"model":"some-model","choices":[${choices}]${more}}\n\n`
  const completions =
    chunk('{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}') +
    chunk('{"index":0,"delta":{"content":"Hello"},"finish_reason":null}') +
    chunk('{"index":0,"delta":{"content":", world."},"finish_reason":null}') +
    chunk('{"index":0,"delta":{},"finish_reason":"stop"}') +
    chunk('', ',"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}')

  it('chat completions end with [DONE], which is not JSON', async () => {
    type Events = { message: ChatCompletionChunk }
    const events = await read<Events>({ text: `${completions}data: [DONE]\n\n` }, { until: isDone })
    expect(events.map(({ data }) => data.choices[0]?.delta.content ?? '').join('')).toBe('Hello, world.')
    expect(events.at(-1)!.data.usage?.total_tokens).toBe(7)
  })

  it('chat completions of a gateway that says application/json, or nothing, or 201, are read when asked', async () => {
    for (const answer of [{ type: 'application/json' }, { type: '' }, { status: 201 }]) {
      const recording = { ...answer, text: `${completions}data: [DONE]\n\n` }
      expect(await read(recording, { until: isDone, accept: false })).toHaveLength(5)
      await expect(read(recording, { until: isDone })).rejects.toMatchObject({ name: 'EventwireError' })
    }
  })

  it('a last event without its blank line is read with flush, and is an error without [DONE]', async () => {
    const cut = `${completions}data: [DONE]`
    expect(await read({ text: cut }, { until: isDone, flush: true })).toHaveLength(5)
    await expect(read({ text: cut }, { until: isDone })).rejects.toMatchObject({ code: 'stream-ended' })
    await expect(read({ text: completions }, { until: isDone })).rejects.toMatchObject({ code: 'stream-ended' })
  })

  type ResponseEvents = { [Event in ResponseStreamEvent as Event['type']]: Event }

  it('responses have the name of the event in its data, too, and an event named error', async () => {
    const text = `event: response.created
data: {"type":"response.created","sequence_number":0,"response":{"id":"resp_1","object":"response","status":"in_progress","output":[]}}

event: response.output_text.delta
data: {"type":"response.output_text.delta","sequence_number":1,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"Hello","logprobs":[]}

event: error
data: {"type":"error","sequence_number":2,"code":"server_error","message":"The server had an error.","param":null}

`
    const events = await read<ResponseEvents>({ text })
    expect(events.map(({ type, data }) => [type, data.type, data.sequence_number])).toEqual([
      ['response.created', 'response.created', 0],
      ['response.output_text.delta', 'response.output_text.delta', 1],
      ['error', 'error', 2],
    ])
    const delta = events.find((event) => event.type === 'response.output_text.delta')
    expect(delta?.data.delta).toBe('Hello')
  })
})

describe('Anthropic', () => {
  type Events = { [Event in RawMessageStreamEvent as Event['type']]: Event } & {
    ping: { type: 'ping' }
    error: { type: 'error'; error: { type: string; message: string } }
  }
  const begin = `event: message_start
data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","content":[],"model":"some-model","stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":1}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

event: ping
data: {"type": "ping"}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello"}}

`

  it('messages have a ping among their events', async () => {
    const end = `event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":5}}

event: message_stop
data: {"type":"message_stop"}

`
    const events = await read<Events>({ text: begin + end })
    expect(events.map(({ type }) => type)).toEqual([
      'message_start',
      'content_block_start',
      'ping',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ])
    expect(events.every(({ type, data }) => data.type === type)).toBe(true)
  })

  it('messages that fail end with an event named error', async () => {
    const text = `${begin}event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n`
    const last = (await read<Events>({ text })).at(-1)!
    expect(last.type === 'error' && last.data.error.type).toBe('overloaded_error')
  })
})

it('AI SDK: UI messages are data alone, and end with [DONE]', async () => {
  const text = `data: {"type":"start","messageId":"answer-1"}

data: {"type":"text-start","id":"0"}

data: {"type":"text-delta","id":"0","delta":"Hello"}

data: {"type":"error","errorText":"The model did not finish."}

data: [DONE]

`
  const events = await read<{ message: UIMessageChunk }>({ text }, { until: isDone })
  expect(events.map(({ data }) => data.type)).toEqual(['start', 'text-start', 'text-delta', 'error'])
  const [, , delta] = events
  expect(delta?.data.type === 'text-delta' && delta.data.delta).toBe('Hello')
})

it('AG-UI and TanStack AI: events are data alone, and the last one is a type of its own', async () => {
  const text = `data: {"type":"RUN_STARTED","threadId":"thread-1","runId":"run-1"}

data: {"type":"TEXT_MESSAGE_START","messageId":"answer-1","role":"assistant"}

data: {"type":"TEXT_MESSAGE_CONTENT","messageId":"answer-1","delta":"Hello"}

data: {"type":"TEXT_MESSAGE_END","messageId":"answer-1"}

data: {"type":"RUN_FINISHED","threadId":"thread-1","runId":"run-1"}

`
  const types = ['RUN_STARTED', 'TEXT_MESSAGE_START', 'TEXT_MESSAGE_CONTENT', 'TEXT_MESSAGE_END', 'RUN_FINISHED']
  expect((await read<{ message: BaseEvent }>({ text })).map(({ data }) => data.type)).toEqual(types)
  expect((await read<{ message: StreamChunk }>({ text })).map(({ data }) => data.type)).toEqual(types)
})

it('MCP: an empty event brings the first id, and keep-alive comments stand between the messages', async () => {
  const text = `id: 1_a
retry: 1000
data: 

: keepalive

event: message
id: 1_b
data: {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}

: keepalive

event: message
id: 1_c
data: {"jsonrpc":"2.0","id":1,"result":{"content":[]}}

`
  const [first, ...messages] = await read<{ message: JSONRPCMessage }>({ text })
  expect(first).toEqual({ type: 'message', data: undefined, id: '1_a' })
  expect(messages.map(({ data, id }) => [id, 'method' in data ? data.method : data.id])).toEqual([
    ['1_b', 'notifications/progress'],
    ['1_c', 1],
  ])
})
