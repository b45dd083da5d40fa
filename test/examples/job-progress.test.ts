// A job runs on when its watcher leaves; who comes late, or comes back, sees all of it, once, and its end.
import { afterEach, describe, expect, it } from 'vitest'
import { type SubscribeOptions, subscribe } from '../../src/client/index.ts'
import { launchBrowser } from './browser.ts'
import { startExample, stopExamples } from './example.ts'

interface Events {
  progress: { done: number; of: number }
  finished: { rows: number }
  failed: { reason: string }
}

const wholeStory = [...Array.from({ length: 50 }, (_, index) => `${index + 1} of 50`), '50000 rows']

afterEach(stopExamples)

describe('the job example', () => {
  it('runs on when its watcher leaves; a late client sees all, and stops at the end', async () => {
    const { url, server } = await startExample('job-progress', { STEP: '5' })
    const job = await startJob(url)
    const watcher = subscribe<Events>(job)
    for await (const { data } of watcher.events('progress')) if (data.done === 3) break
    expect(watcher.status).toBe('closed')

    let requests = 0
    const late = await watch(job, {
      fetch: (address, init) => {
        requests++
        return fetch(address, init)
      },
    })
    expect(late).toEqual({ story: wholeStory, gaps: 0, reason: 'server' })
    expect(requests).toBe(1)
    expect(await watch(job)).toEqual(late)
    expect(await server.stop()).toBe(0)
    expect(server.errors()).toBe('')
  })

  it('goes on where a lost connection was, and repeats nothing', async () => {
    const { url } = await startExample('job-progress', { STEP: '5' })
    const watching = await watch(await startJob(url), {}, [10, 20, 21])
    expect(watching).toEqual({ story: wholeStory, gaps: 0, reason: 'server' })
  })

  it("stops a page's own EventSource from reconnecting", async () => {
    const { url } = await startExample('job-progress', { STEP: '0' })
    const job = await startJob(url)
    const wire = await (await fetch(job)).text()
    expect(wire).toMatch(/\nevent: sse:end\nid: sse:end\ndata: \{\}\n\n$/)
    expect((await fetch(job, { headers: { 'Last-Event-ID': 'sse:end' } })).status).toBe(204)
  })

  it('responds with 404 for a job that it does not have', async () => {
    const { url } = await startExample('job-progress')
    expect((await fetch(`${url}/jobs/unknown`)).status).toBe(404)
  })
})

describe('its page', () => {
  const browser = launchBrowser()

  it('shows a job to its end, reloaded in the middle of it', async () => {
    const { url } = await startExample('job-progress', { STEP: '20' })
    const page = await browser.newPage()
    await page.goto(url)
    await page.getByRole('button', { name: 'Start one' }).click()
    await page.locator('output', { hasText: / of 50/ }).waitFor()
    await page.reload()
    await page.locator('output', { hasText: / of 50/ }).waitFor()
    await page.locator('output', { hasText: 'Finished: 50000 rows' }).waitFor()
    expect(await page.locator('progress').evaluate((bar) => (bar as HTMLProgressElement).value)).toBe(50)
    await page.close()
  })
})

async function startJob(url: string): Promise<string> {
  const answer = await fetch(`${url}/jobs`, { method: 'POST' })
  expect(answer.status).toBe(202)
  return url + answer.headers.get('Location')
}

/** Watches a job until the server says that it is over, losing the connection after some of the steps. */
async function watch(job: string, options: SubscribeOptions<Events> = {}, losses: number[] = []) {
  const story: string[] = []
  let gaps = 0
  const subscription = subscribe<Events>(job, options)
  subscription.on('progress', ({ done, of }) => {
    story.push(`${done} of ${of}`)
    if (losses.includes(done)) subscription.reconnect()
  })
  subscription.on('finished', ({ rows }) => story.push(`${rows} rows`))
  subscription.onGap(() => gaps++)
  const { reason } = await subscription.closed
  return { story, gaps, reason }
}
