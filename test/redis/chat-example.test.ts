// The chat example over Redis: a question asked of one process is answered, stopped and reported lost through the other.
import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, inject, it } from 'vitest'
import { readEvents, subscribe } from '../../src/client/index.ts'
import { startExample, stopExamples } from '../examples/example.ts'

const redisUrl = inject('redisUrl')

afterEach(stopExamples)

describe.skipIf(redisUrl === undefined)('two processes of the chat example', () => {
  const open = () => {
    const env = { REDIS_URL: redisUrl!, PACE: '20', LEASE: '600' }
    return Promise.all([startExample('model-tokens', env), startExample('model-tokens', env)])
  }
  const ask = async (url: string) => {
    const path = `/answers/${randomUUID()}`
    expect((await fetch(url + path, { method: 'POST', body: 'Why?' })).status).toBe(204)
    return path
  }

  it('show one chat, and stop an answer of the other', async () => {
    const [one, other] = await open()
    const path = await ask(one.url)
    for await (const { data } of readEvents<{ asked: { id: string } }>(await fetch(`${other.url}/chat`))) {
      if (path.endsWith(data.id)) break
    }
    const run = subscribe<{ token: string }>(other.url + path)
    await run.once('token')
    await fetch(other.url + path, { method: 'DELETE' })
    expect(await run.closed).toMatchObject({ how: 'stopped' })
  })

  it('notify the readers of an answer whose process was killed', async () => {
    const [one, other] = await open()
    const path = await ask(one.url)
    const run = subscribe<{ token: string; failed: { reason: string } }>(other.url + path)
    await run.once('token')
    const failed = run.once('failed')
    await one.server.stop('SIGKILL')
    expect((await failed).data.reason).toBe('The server went away. Ask again.')
    expect(await run.closed).toMatchObject({ how: 'lost' })
  })
})
