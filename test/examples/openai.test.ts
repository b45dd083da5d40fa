// A model's answer in OpenAI's shapes is read with types: by chunks, by named events, and after a refusal for load.
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished, vi } from 'vitest'
import { askChat, readChat, readResponse } from '../../examples/openai/read-answer.ts'

const chunk = (content: string | null, finish: string | null = null) =>
  `data: ${JSON.stringify({ choices: [{ delta: content === null ? {} : { content }, finish_reason: finish }] })}\n\n`
const completion = `${chunk('')}${chunk('Hel')}${chunk('lo')}${chunk(null, 'stop')}data: [DONE]\n\n`

it('reads a chat completion up to [DONE]', async () => {
  const url = await serve((_, response) => stream(response, completion + chunk('never')))
  expect(await collect(readChat(await fetch(url, { method: 'POST' })))).toEqual(['Hel', 'lo'])
})

it('reads the named events of a response, and skips those that it does not know', async () => {
  const url = await serve((_, response) =>
    stream(
      response,
      'event: response.created\ndata: {"type":"response.created"}\n\n' +
        'event: response.output_text.delta\ndata: {"delta":"Hel"}\n\n' +
        'event: response.output_text.delta\ndata: {"delta":"lo"}\n\n' +
        'event: response.completed\ndata: {"response":{"id":"r1","usage":{"total_tokens":2}}}\n\n',
    ),
  )
  expect(await collect(readResponse(await fetch(url, { method: 'POST' })))).toEqual(['Hel', 'lo'])
})

it('throws what made a response fail', async () => {
  const failed =
    'event: response.failed\ndata: {"response":{"error":{"code":"server_error","message":"no capacity"}}}\n\n'
  const url = await serve((_, response) => stream(response, failed))
  await expect(collect(readResponse(await fetch(url, { method: 'POST' })))).rejects.toThrow('no capacity')
})

it('stops the answer when the loop is left', async () => {
  const left = Promise.withResolvers<void>()
  const url = await serve((_, response) => {
    response.on('close', () => left.resolve())
    response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(chunk('Hel'))
  })
  for await (const text of readChat(await fetch(url, { method: 'POST' }))) {
    expect(text).toBe('Hel')
    break
  }
  await left.promise
})

it('asks again after a refusal for load, and once only for an answer that breaks off', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0)
  onTestFinished(() => {
    vi.restoreAllMocks()
  })
  const asked: string[] = []
  const url = await serve(async (request, response) => {
    asked.push(`${request.headers.authorization} ${JSON.parse(await body(request)).messages[0].content}`)
    if (asked.length === 1) response.writeHead(429).end()
    else response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(chunk('Hel'), () => response.destroy())
  })
  const subscription = askChat(url, 'key', 'Why?')
  const seen: unknown[] = []
  subscription.on('message', ({ choices }) => seen.push(choices[0]?.delta.content))
  subscription.onError(() => {})
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => {
    vi.useRealTimers()
  })
  for (let turn = 0; turn < 500 && subscription.status !== 'closed'; turn++) {
    await vi.advanceTimersByTimeAsync(1_000)
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(await subscription.closed).toMatchObject({ reason: 'exhausted', error: { code: 'network' } })
  expect(seen).toEqual(['Hel'])
  expect(asked).toEqual(['Bearer key Why?', 'Bearer key Why?'])
})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

function stream(response: Parameters<RequestListener>[1], text: string): void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' })
  for (const piece of text.match(/.{1,7}/gs)!) response.write(piece)
  response.end()
}

async function body(request: AsyncIterable<Buffer>): Promise<string> {
  let text = ''
  for await (const part of request) text += part
  return text
}

async function collect(source: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = []
  for await (const text of source) all.push(text)
  return all
}
