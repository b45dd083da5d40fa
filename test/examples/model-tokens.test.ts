// A model's answer survives a reload: each token once, to whoever has its address, and an end that is final.
import { afterEach, describe, expect, it } from 'vitest'
import { type SubscribeOptions, subscribe } from '../../src/client/index.ts'
import { launchBrowser } from './browser.ts'
import { startExample, stopExamples } from './example.ts'

interface Events {
  token: string
  failed: { reason: string }
}

const TOKENS = 101

afterEach(stopExamples)

describe('the model example', () => {
  it('gives a reloaded client the tokens that it has not had, each once, and stops it at the end', async () => {
    const { url, server } = await startExample('model-tokens', { PACE: '5' })
    const answer = await ask(url, 'Why?')
    const tab = new Map<string, string>()
    const storage = {
      get: () => tab.get('cursor'),
      set: (cursor: string) => void tab.set('cursor', cursor),
    }

    const first = read(answer, { storage }, 20)
    expect((await first).reason).toBe('client')
    const second = await read(answer, { storage })
    const whole = await read(answer)
    expect(whole).toMatchObject({ reason: 'server', gaps: 0 })
    expect(whole.tokens).toHaveLength(TOKENS)
    expect([...(await first).tokens, ...second.tokens]).toEqual(whole.tokens)
    expect(second).toMatchObject({ reason: 'server', gaps: 0 })
    expect(whole.tokens.join('')).toMatch(/^“Why\?”: a log keeps/)
    expect(await server.stop()).toBe(0)
    expect(server.errors()).toBe('')
  }, 20_000)

  it('receives a gap, and then the end, from an answer that its cursor does not belong to', async () => {
    const { url } = await startExample('model-tokens', { PACE: '0' })
    const answers = [await ask(url, 'One?'), await ask(url, 'Two?')]
    const cursor = (await (await fetch(answers[0]!)).text()).match(/id: (\S+)/)![1]!
    await (await fetch(answers[1]!)).text()
    expect(await read(answers[1]!, { lastEventId: cursor })).toEqual({ reason: 'server', gaps: 1, tokens: [] })
  }, 20_000)

  it('does not stop the model when a reader leaves, but when the user stops it', async () => {
    const { url } = await startExample('model-tokens', { PACE: '5' })
    const [left, stopped] = [await ask(url, 'Left?'), await ask(url, 'Stopped?')]
    await Promise.all([left, stopped].map((answer) => read(answer, {}, 3)))
    expect((await fetch(stopped, { method: 'DELETE' })).status).toBe(204)
    expect((await read(left)).tokens).toHaveLength(TOKENS)
    const rest = await read(stopped)
    expect(rest.reason).toBe('server')
    expect(rest.tokens.length).toBeLessThan(TOKENS)
  }, 20_000)

  it('says that the model has failed, and keeps its error on the server', async () => {
    const { url, server } = await startExample('model-tokens', { PACE: '0' })
    const answer = await ask(url, 'fail')
    const wire = await (await fetch(answer)).text()
    expect(wire).toMatch(/event: failed\nid: \S+\ndata: \{"reason":"The model did not finish its answer."\}\n\n/)
    expect(wire).toMatch(/event: sse:end\n/)
    expect(wire).not.toContain('gpu-7')
    await server.stop()
    expect(server.errors()).toContain('out of memory on gpu-7')
  }, 20_000)
})

describe('its page', () => {
  const browser = launchBrowser()

  it('has the whole answer after a reload in the middle of it, and does not come back', async () => {
    const { url } = await startExample('model-tokens', { PACE: '20' })
    const page = await browser.newPage()
    const requests: string[] = []
    await page.goto(url)
    await page.getByLabel('Prompt').fill('<b>bold?</b>')
    await page.getByRole('button', { name: 'Ask' }).click()
    const text = page.locator('#answer')
    await text.filter({ hasText: 'a log keeps' }).waitFor()
    page.on('request', (request) => requests.push(new URL(request.url()).pathname))
    await page.reload()
    await page.locator('output', { hasText: 'closed' }).waitFor()
    const answer = await read(url + new URL(page.url()).hash.slice(1))
    expect(await text.textContent()).toBe(answer.tokens.join(''))
    expect(await text.textContent()).toMatch(/^“<b>bold\?<\/b>”: a log/)
    expect(await text.locator('b').count()).toBe(0)
    expect(requests.filter((path) => path.startsWith('/answers/'))).toHaveLength(1)
    await page.close()
  }, 30_000)
})

async function ask(url: string, prompt: string): Promise<string> {
  const answer = await fetch(`${url}/answers?${new URLSearchParams({ prompt })}`, { method: 'POST' })
  expect(answer.status).toBe(201)
  return url + answer.headers.get('Location')
}

/** Reads an answer to its end, or leaves after so many tokens. */
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
  const { reason } = await subscription.closed
  return { tokens, gaps, reason }
}
