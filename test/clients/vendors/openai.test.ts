// OpenAI's client reads a channel while it is published: chat completions, and responses, which resume behind the last event.
import OpenAI from 'openai'
import type { ChatCompletionChunk } from 'openai/resources/chat/completions'
import type { ResponseStreamEvent } from 'openai/resources/responses/responses'
import { describe, expect, it } from 'vitest'
import { createChannel, fromCursor, toCursor } from '../../../src/server/index.ts'
import { respond } from '../../../src/server/node/index.ts'
import { Feed, serve } from './scene.ts'

const clientOf = (url: string) => new OpenAI({ apiKey: 'none', baseURL: `${url}/v1`, maxRetries: 0 })

const WORDS = ['Hello', ', ', 'world', '.']

describe('chat completions', () => {
  const chunkOf = (delta: object, finish_reason: 'stop' | null = null): ChatCompletionChunk => ({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_760_000_000,
    model: 'some-model',
    choices: [{ index: 0, delta, finish_reason }],
  })
  const CHUNKS = [
    chunkOf({ role: 'assistant', content: '' }),
    ...WORDS.map((content) => chunkOf({ content })),
    chunkOf({}, 'stop'),
  ]

  async function completions() {
    const channel = createChannel<{ message: ChatCompletionChunk }>({
      stream: { controls: 'comments', done: '[DONE]' },
    })
    const feed = new Feed(
      channel,
      CHUNKS.map((chunk) => ['message', chunk]),
    )
    const scene = await serve((_, request, response) => {
      respond(channel, request, response, { from: 'start' })
    })
    const create = () =>
      clientOf(scene.url).chat.completions.create({
        model: 'some-model',
        messages: [{ role: 'user', content: 'Greet me.' }],
        stream: true,
      })
    return { ...scene, feed, create }
  }

  it('are read chunk by chunk, and end with [DONE]', async () => {
    const { feed, create } = await completions()
    await feed.next()
    const seen: ChatCompletionChunk[] = []
    for await (const chunk of await create()) {
      seen.push(chunk)
      await feed.next()
    }
    expect(seen).toEqual(CHUNKS)
  })

  it('that were cut fail, and are read again from their beginning', async () => {
    const { feed, create, cut } = await completions()
    await feed.next()
    const reading = async () => {
      let count = 0
      for await (const _ of await create()) {
        if (++count === 3) cut()
        else await feed.next()
      }
    }
    await expect(reading()).rejects.toThrow()
    const seen: ChatCompletionChunk[] = []
    for await (const chunk of await create()) {
      seen.push(chunk)
      if (seen.length === feed.published) await feed.next()
    }
    expect(seen).toEqual(CHUNKS)
  })
})

describe('responses', () => {
  const response = (status: 'in_progress' | 'completed', text = '') =>
    ({ id: 'resp_1', object: 'response', status, output: [], output_text: text }) as never
  const EVENTS = [
    { type: 'response.created', response: response('in_progress') },
    ...WORDS.map((delta) => ({
      type: 'response.output_text.delta',
      item_id: 'msg_1',
      output_index: 0,
      content_index: 0,
      logprobs: [],
      delta,
    })),
    { type: 'response.completed', response: response('completed', WORDS.join('')) },
  ].map((event, sequence_number) => ({ ...event, sequence_number }) as ResponseStreamEvent)

  type Events = { [Event in ResponseStreamEvent as Event['type']]: Event }

  async function responses() {
    const channel = createChannel<Events>({ stream: { controls: 'comments' } })
    const feed = new Feed(
      channel,
      EVENTS.map((event) => [event.type, event]),
    )
    const { epoch } = fromCursor(await channel.cursor())!
    const scene = await serve(({ path }, request, response) => {
      // The first event has the sequence number 0 there and the sequence 1 here.
      const after = new URL(path, scene.url).searchParams.get('starting_after')
      respond(channel, request, response, { from: after === null ? 'start' : toCursor(epoch, Number(after) + 1) })
    })
    return { ...scene, feed, client: clientOf(scene.url) }
  }

  const request = { model: 'some-model', input: 'Greet me.', background: true, stream: true } as const

  it('are read event by event, and end', async () => {
    const { client, feed } = await responses()
    await feed.next()
    const seen: ResponseStreamEvent[] = []
    for await (const event of await client.responses.create(request)) {
      seen.push(event)
      await feed.next()
    }
    expect(seen).toEqual(EVENTS)
  })

  it('that were cut resume behind the last event, once each', async () => {
    const { client, feed, cut, requests } = await responses()
    await feed.next()
    const seen: ResponseStreamEvent[] = []
    const reading = async () => {
      for await (const event of await client.responses.create(request)) {
        if (seen.push(event) === 3) cut()
        else await feed.next()
      }
    }
    await expect(reading()).rejects.toThrow()
    await feed.next() // while nobody reads
    const starting_after = seen.at(-1)!.sequence_number
    for await (const event of await client.responses.retrieve('resp_1', { stream: true, starting_after })) {
      seen.push(event)
      await feed.next()
    }
    expect(seen).toEqual(EVENTS)
    expect(requests.at(-1)!.path).toBe('/v1/responses/resp_1?stream=true&starting_after=2')
  })
})
