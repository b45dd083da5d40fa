// A model's answer survives the reload of the page that asked: npm run build && node examples/model-tokens/server.ts
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { respond } from 'eventwire/node'
import { type Channel, createChannel } from 'eventwire/server'
import { servePage } from '../serve-page.ts'
import { generate } from './model.ts'

interface Events {
  token: string
  failed: { reason: string }
}

interface Answer {
  readonly channel: Channel<Events>
  readonly stop: AbortController
}

/** How long a finished answer can be read again, in milliseconds. */
const KEEP = 600_000

/** A log for each answer. The id cannot be guessed: whoever has it may read the answer. */
const answers = new Map<string, Answer>()

function startAnswer(prompt: string): string {
  const id = randomUUID()
  const answer = { channel: createChannel<Events>(), stop: new AbortController() }
  answers.set(id, answer)
  write(answer, prompt).then(() => setTimeout(() => answers.delete(id), KEEP).unref())
  return id
}

/** The model writes into the log at its own pace; readers come and go. Only `stop` stops it. */
async function write({ channel, stop: { signal } }: Answer, prompt: string): Promise<void> {
  try {
    for await (const token of generate(prompt, signal)) channel.publish('token', token)
  } catch (error) {
    if (!signal.aborted) {
      console.error(error)
      channel.publish('failed', { reason: 'The model did not finish its answer.' }) // the error itself stays here
    }
  }
  await channel.close({ final: true })
}

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
  const id = /^\/answers\/([\w-]+)$/.exec(pathname)?.[1]
  const answer = id === undefined ? undefined : answers.get(id)
  if (answer !== undefined && request.method === 'DELETE') {
    answer.stop.abort()
    response.writeHead(204).end()
  } else if (answer !== undefined) {
    respond(answer.channel, request, response, { from: 'start' })
  } else if (pathname === '/answers' && request.method === 'POST') {
    response.writeHead(201, { Location: `/answers/${startAnswer(searchParams.get('prompt') ?? '')}` }).end()
  } else {
    await servePage(new URL('index.html', import.meta.url), pathname, response)
  }
})

server.listen(Number(process.env.PORT ?? 3000), () => {
  console.log(`http://localhost:${(server.address() as AddressInfo).port}`)
})

process.once('SIGINT', () => process.exit())
