// A notification reaches its user in every tab, waits for who is away, and reaches nobody else.
import { afterEach, describe, expect, it } from 'vitest'
import { type Subscription, subscribe } from '../../src/client/index.ts'
import { launchBrowser } from './browser.ts'
import { startExample, stopExamples } from './example.ts'

interface Events {
  notification: { text: string; at: string }
}

const open: Subscription<Events>[] = []

afterEach(async () => {
  for (const subscription of open.splice(0)) subscription.close()
  await stopExamples()
})

describe('the notifications example', () => {
  it("reaches all of a user's tabs, and nobody else", async () => {
    const { url, server } = await startExample('notifications')
    const tabs = [await enter(url, 'ada'), await enter(url, 'ada'), await enter(url, 'grace')]
    await notify(url, 'ada', 'one')
    await notify(url, 'everyone', 'two')
    await notify(url, 'grace', 'three')
    await notify(url, 'everyone', 'end')
    expect(await Promise.all(tabs.map(texts))).toEqual([
      ['one', 'two'],
      ['one', 'two'],
      ['two', 'three'],
    ])
    expect(await server.stop()).toBe(0)
    expect(server.errors()).toBe('')
  })

  it('keeps for a user who is away what came meanwhile', async () => {
    const { url } = await startExample('notifications')
    const before = await enter(url, 'ada')
    const first = before.once('notification')
    await notify(url, 'ada', 'seen')
    const { id } = await first
    before.close()
    await notify(url, 'ada', 'missed')
    await notify(url, 'grace', 'not for Ada')
    await notify(url, 'everyone', 'end')
    expect(await texts(await enter(url, 'ada', id))).toEqual(['missed'])
  })

  it("opens nobody else's notifications to who brings their cursor", async () => {
    const { url } = await startExample('notifications')
    const ada = await enter(url, 'ada')
    const first = ada.once('notification')
    await notify(url, 'ada', 'for Ada')
    await first
    await notify(url, 'ada', 'for Ada, too')
    await notify(url, 'everyone', 'end')
    expect(await texts(await enter(url, 'grace', (await first).id))).toEqual([])
  })

  it('responds with 401 to strangers, and 404 for users that it does not have', async () => {
    const { url } = await startExample('notifications')
    const stranger = subscribe<Events>(`${url}/notifications`)
    const refusal = new Promise((resolve) => stranger.onError(resolve))
    expect(await refusal).toMatchObject({ code: 'http-status', status: 401, willRetry: false })
    expect((await fetch(`${url}/notifications?to=eve&text=hello`, { method: 'POST' })).status).toBe(404)
    expect((await fetch(`${url}/nothing`)).status).toBe(404)
    expect((await fetch(`${url}/eventwire/nothing.js`)).status).toBe(404)
  })
})

describe('its page', () => {
  const browser = launchBrowser()

  it('shows text as text, and after a reload what it has missed', async () => {
    const { url } = await startExample('notifications')
    const page = await browser.newPage()
    await page.goto(`${url}/?user=grace`)
    await page.locator('output', { hasText: 'open' }).waitFor()
    const markup = '<img src="x" onerror="document.title = 1">'
    await page.locator('select').selectOption('grace')
    await page.getByLabel('Text').fill(markup)
    await page.getByRole('button', { name: 'Notify' }).click()
    await page.locator('li').first().waitFor()
    expect(await page.locator('li').allTextContents()).toEqual([markup])
    expect(await page.locator('li img').count()).toBe(0)

    await page.goto('about:blank')
    await notify(url, 'grace', 'missed')
    await page.goto(`${url}/?user=grace`)
    await page.locator('li').first().waitFor()
    expect(await page.locator('li').allTextContents()).toEqual(['missed'])
    await page.close()
  })
})

async function enter(url: string, user: string, lastEventId?: string): Promise<Subscription<Events>> {
  const subscription = subscribe<Events>(`${url}/notifications`, {
    headers: { Authorization: `Bearer token-of-${user}` },
    lastEventId,
  })
  open.push(subscription)
  read.set(subscription, collect(subscription))
  await subscription.opened
  return subscription
}

const read = new WeakMap<Subscription<Events>, Promise<string[]>>()
const texts = (subscription: Subscription<Events>) => read.get(subscription)!

/** The events before the text `end`. */
async function collect(subscription: Subscription<Events>): Promise<string[]> {
  const seen = []
  for await (const { data } of subscription) {
    if (data.text === 'end') break
    seen.push(data.text)
  }
  return seen
}

async function notify(url: string, to: string, text: string): Promise<void> {
  const answer = await fetch(`${url}/notifications?${new URLSearchParams({ to, text })}`, { method: 'POST' })
  expect(answer.status).toBe(204)
}
