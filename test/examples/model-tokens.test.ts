// A chat with a model survives reloads: each token once, to whoever has the answer's address, in every tab, and an end that is final.
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { type SubscribeOptions, subscribe } from '../../src/client/index.ts'
import { createStream } from '../../src/server/node/index.ts'
import { listen } from '../node/listen.ts'
import { launchBrowser } from './browser.ts'
import { startExample, stopExamples } from './example.ts'

interface Events {
  token: string
  failed: { reason: string }
}

const TOKENS = 101

afterEach(stopExamples)

describe('the chat example', () => {
  it('gives a reloaded client the tokens that it has not had, each once, and stops it at the end', async () => {
    const { url, server } = await startExample('model-tokens', { PACE: '5' })
    const answer = await ask(url, 'Why?')
    const tab = new Map<string, string>()
    const storage = {
      get: () => tab.get('cursor'),
      set: (cursor: string) => void tab.set('cursor', cursor),
    }

    const first = await read(answer, { storage }, 20)
    expect(first.reason).toBe('client')
    const second = await read(answer, { storage })
    const whole = await read(answer)
    expect(whole).toMatchObject({ reason: 'server', how: 'done', gaps: 0 })
    expect(whole.tokens).toHaveLength(TOKENS)
    expect([...first.tokens, ...second.tokens]).toEqual(whole.tokens)
    expect(second).toMatchObject({ reason: 'server', how: 'done', gaps: 0 })
    expect(whole.tokens.join('')).toMatch(/^“Why\?”: a log keeps/)
    expect(await server.stop()).toBe(0)
    expect(server.errors()).toBe('')
  })

  it('asks a question that is sent twice once', async () => {
    const { url } = await startExample('model-tokens', { PACE: '0' })
    const id = randomUUID()
    await Promise.all([ask(url, 'Why?', id), ask(url, 'Why?', id)])
    expect((await read(`${url}/answers/${id}`)).tokens).toHaveLength(TOKENS)
    const chat = subscribe<{ asked: { id: string } }>(`${url}/chat`)
    onTestFinished(() => chat.close())
    const ids: string[] = []
    // The listener is there before the connection is, so that it misses no question.
    const both = new Promise<void>((resolve) => {
      chat.on('asked', (question) => ids.push(question.id) === 2 && resolve())
    })
    const other = await ask(url, 'And?')
    await both
    expect(ids).toEqual([id, other.split('/').at(-1)])
  })

  it('receives a gap, and then the end, from an answer that its cursor does not belong to', async () => {
    const { url } = await startExample('model-tokens', { PACE: '0' })
    const answers = [await ask(url, 'One?'), await ask(url, 'Two?')]
    const cursor = (await (await fetch(answers[0]!)).text()).match(/id: (\S+)/)![1]!
    await (await fetch(answers[1]!)).text()
    expect(await read(answers[1]!, { lastEventId: cursor })).toMatchObject({ how: 'done', gaps: 1, tokens: [] })
  })

  it('does not stop the model when a reader disconnects, but when the user stops it', async () => {
    const { url } = await startExample('model-tokens', { PACE: '5' })
    const [left, stopped] = [await ask(url, 'Left?'), await ask(url, 'Stopped?')]
    await Promise.all([left, stopped].map((answer) => read(answer, {}, 3)))
    expect((await fetch(stopped, { method: 'DELETE' })).status).toBe(204)
    expect((await read(left)).tokens).toHaveLength(TOKENS)
    const rest = await read(stopped)
    expect(rest).toMatchObject({ reason: 'server', how: 'stopped' })
    expect(rest.tokens.length).toBeLessThan(TOKENS)
    expect((await fetch(`${url}/answers/unknown`)).status).toBe(404)
  })

  it('says that the model has failed, and keeps its error on the server', async () => {
    const { url, server } = await startExample('model-tokens', { PACE: '0' })
    const answer = await ask(url, 'fail')
    const wire = await (await fetch(answer)).text()
    expect(wire).toMatch(/event: failed\nid: \S+\ndata: \{"reason":"The model did not finish its answer."\}\n\n/)
    expect(wire).toContain('event: sse:end\nid: sse:end\ndata: {"how":"failed"}\n')
    expect(wire).not.toContain('gpu-7')
    await server.stop()
    expect(server.errors()).toContain('out of memory on gpu-7')
  })

  it('finishes its answers before a deploy ends it', async () => {
    const { url, server } = await startExample('model-tokens', { PACE: '5' })
    const answer = await fetch(await ask(url, 'Why?'))
    expect(await server.stop('SIGTERM')).toBe(0)
    const text = await answer.text()
    expect(text.match(/^event: token$/gm)).toHaveLength(TOKENS)
    expect(text).toContain('{"how":"done"}')
  })

  it('asks a real model where the environment has a key', async () => {
    const asked: { authorization: string | undefined; body: any }[] = []
    const provider = createServer(async (req, res) => {
      const body: Buffer[] = []
      for await (const chunk of req) body.push(chunk as Buffer)
      asked.push({ authorization: req.headers.authorization, body: JSON.parse(`${Buffer.concat(body)}`) })
      const stream = createStream(req, res)
      for (const content of ['Hello', ' world']) stream.send('message', { choices: [{ delta: { content } }] })
      stream.pipe([], { final: true })
    })
    const OPENAI_BASE_URL = `http://127.0.0.1:${await listen(provider)}`
    const { url } = await startExample('model-tokens', {
      OPENAI_API_KEY: 'key',
      OPENAI_MODEL: 'a-model',
      OPENAI_BASE_URL,
    })
    expect((await read(await ask(url, 'Why?'))).tokens).toEqual(['Hello', ' world'])
    const messages = [{ role: 'user', content: 'Why?' }]
    expect(asked).toEqual([{ authorization: 'Bearer key', body: { model: 'a-model', stream: true, messages } }])
  })
})

describe('its page', () => {
  const browser = launchBrowser()

  it('has the whole answer after a reload in the middle of it, in two tabs, and does not reconnect', async () => {
    const { url } = await startExample('model-tokens', { PACE: '20' })
    const page = await browser.newPage()
    const other = await browser.newPage()
    await Promise.all([page.goto(url), other.goto(url)])
    await page.getByLabel('Prompt').fill('<b>bold?</b>')
    await page.getByRole('button', { name: 'Ask' }).click()
    const answers = [page, other].map((tab) => tab.locator('.answer'))
    for (const answer of answers) await answer.filter({ hasText: 'a log keeps' }).waitFor()
    const requests: string[] = []
    page.on('request', (request) => requests.push(new URL(request.url()).pathname))
    await page.reload()
    for (const tab of [page, other]) await tab.locator('li.done').waitFor()
    const texts = await Promise.all(answers.map((answer) => answer.textContent()))
    const id = requests.find((path) => path.startsWith('/answers/'))!
    expect(texts).toEqual(Array(2).fill((await read(url + id)).tokens.join('')))
    expect(texts[0]).toMatch(/^“<b>bold\?<\/b>”: a log/)
    expect(await page.locator('ol b').count()).toBe(0)
    expect(requests.filter((path) => path.startsWith('/answers/'))).toHaveLength(1)
    await Promise.all([page.close(), other.close()])
  })

  it('stops an answer from another tab, after a reload, and shows what failed', async () => {
    const { url } = await startExample('model-tokens', { PACE: '20' })
    const page = await browser.newPage()
    const other = await browser.newPage()
    await Promise.all([page.goto(url), other.goto(url)])
    await page.getByLabel('Prompt').fill('Long?')
    await page.getByLabel('Prompt').press('Enter')
    await other.locator('.answer', { hasText: 'a log' }).waitFor()
    await other.reload()
    await other.getByRole('button', { name: 'Stop' }).click()
    for (const tab of [page, other]) await tab.locator('li.stopped', { hasText: 'Stopped.' }).waitFor()
    const texts = await Promise.all([page, other].map((tab) => tab.locator('.answer').textContent()))
    expect(texts[0]).toBe(texts[1])
    await page.getByLabel('Prompt').fill('fail')
    await page.getByLabel('Prompt').press('Enter')
    await other.locator('li.failed', { hasText: 'The model did not finish its answer.' }).waitFor()
    expect(await other.getByRole('button', { name: 'Stop' }).count()).toBe(0)
    await Promise.all([page.close(), other.close()])
  })
})

/** Asks, and returns the address of the answer. */
async function ask(url: string, prompt: string, id: string = randomUUID()): Promise<string> {
  const answer = `${url}/answers/${id}`
  expect((await fetch(answer, { method: 'POST', body: prompt })).status).toBe(204)
  return answer
}

/** Reads an answer to its end, or disconnects after so many tokens. */
async function read(answer: string, options: SubscribeOptions<Events> = {}, leaveAfter = Number.POSITIVE_INFINITY) {
  const tokens: string[] = []
  let gaps = 0
  const subscription = subscribe<Events>(answer, options)
  subscription.onGap(() => gaps++)
  subscription.on('token', (token) => {
    tokens.push(token)
    // After the cursor was stored: a page is reloaded between two events, not in the middle of one.
    if (tokens.length === leaveAfter) queueMicrotask(() => subscription.close())
  })
  const { reason, how } = await subscription.closed
  return { tokens, gaps, reason, how }
}
