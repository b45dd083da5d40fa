// The vendors' clients for Python read a channel while it is published, and end with it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { type Channel, createChannel } from '../../../src/server/index.ts'
import { respond } from '../../../src/server/node/index.ts'
import { Feed, serve } from './scene.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const installed = existsSync(here('../.venv/installed.txt'))
if (!installed && process.env.CI) throw new Error('There are no clients in Python: node scripts/install-clients.ts')

/** Runs a client to its end; each event that it delivers is passed on at once. */
async function read(vendor: string, url: string, onEvent: () => unknown = () => {}) {
  const child = spawn(here('../.venv/bin/python'), ['-I', here('read.py'), vendor, url], { timeout: 60_000 })
  const exit = once(child, 'exit')
  const errors = text(child.stderr)
  const events: unknown[] = []
  for await (const line of createInterface(child.stdout)) {
    events.push(JSON.parse(line))
    await onEvent()
  }
  const [code] = await exit
  return { events, code, errors: await errors }
}

const WORDS = ['Hello', ', ', 'world.']
const completion = (delta: object) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1_760_000_000,
  model: 'some-model',
  choices: [{ index: 0, delta, finish_reason: null }],
})
const usage = { input_tokens: 3, output_tokens: 1 }
const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'some-model', content: [], usage }

/** The events of each vendor, for a channel. */
const vendors = {
  openai: {
    done: '[DONE]',
    events: WORDS.map((content) => ['message', completion({ content })] as const),
  },
  anthropic: {
    done: undefined,
    events: [
      { type: 'message_start', message: { ...message, stop_reason: null, stop_sequence: null } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      ...WORDS.map((text) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })),
      { type: 'content_block_stop', index: 0 },
      { type: 'message_stop' },
    ].map((event) => [event.type, event] as const),
  },
}

const serveChannel = (channel: Channel<any>, from: 'now' | 'start') =>
  serve((_, request, response) => {
    respond(channel, request, response, { from })
  })

describe.runIf(installed).each(Object.entries(vendors))('%s', { timeout: 90_000 }, (vendor, { done, events }) => {
  it('reads each event as it is published, and ends', async () => {
    const channel = createChannel<any>({ stream: { controls: 'comments', done, heartbeat: 50 } })
    const feed = new Feed(channel, events)
    await feed.next()
    const { url } = await serveChannel(channel, 'start')
    const result = await read(vendor, url, () => feed.next())
    expect(result).toEqual({ events: events.map(([, event]) => event), code: 0, errors: '' })
  })

  it('takes a block without data, which a reader that begins live is sent, as the docs say', async () => {
    const channel = createChannel<any>({ stream: { controls: 'comments', done } })
    const { url, request } = await serveChannel(channel, 'now')
    const reading = read(vendor, url)
    await request(() => true)
    for (const [name, event] of events) await channel.publish(name, event)
    channel.close({ final: true })
    const { code, errors } = await reading
    if (vendor === 'openai') expect([code, errors]).toEqual([1, expect.stringContaining('Expecting value')])
    else expect([code, errors]).toEqual([0, ''])
  })
})
