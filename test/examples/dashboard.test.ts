// The dashboard shows the newest of 1,000 prices that change 20 times a second, whatever the link carries.
import type { Page } from 'playwright'
import { afterEach, describe, expect, it } from 'vitest'
import { subscribe } from '../../src/client/index.ts'
import { barriersOn, looks } from '../accessibility.ts'
import { launchBrowser } from './browser.ts'
import { startExample, stopExamples } from './example.ts'

interface Events {
  price: { symbol: string; amount: number; at: number }
}

afterEach(stopExamples)

describe('the dashboard example', () => {
  it('sends one price of each symbol first, and then the newest of each', async () => {
    const { url, server } = await startExample('dashboard')
    using subscription = subscribe<Events>(`${url}/prices?compress`)
    const symbols: string[] = []
    const times = new Map<string, number>()
    const enough = new Promise<void>((resolve) => {
      subscription.on('price', ({ symbol, at }) => {
        expect(at).toBeGreaterThanOrEqual(times.get(symbol) ?? 0)
        times.set(symbol, at)
        if (symbols.push(symbol) === 4_000) resolve()
      })
    })
    await enough
    expect(new Set(symbols.slice(0, 1_000)).size).toBe(1_000)
    expect(times.size).toBe(1_000)
    subscription.close()
    expect(await server.stop()).toBe(0)
    expect(server.errors()).toBe('')
  })

  it('takes confirmations', async () => {
    const { url } = await startExample('dashboard')
    const stream = `${url}/prices?client=k3x9&confirm`
    using subscription = subscribe<Events>(stream)
    let received = 0
    subscription.on('price', () => received++)
    for (const count of [1_000, 2_000, 3_000]) {
      await expect.poll(() => received).toBeGreaterThanOrEqual(count)
      const headers = { 'Last-Event-ID': subscription.lastEventId }
      expect((await fetch(stream, { method: 'POST', headers })).status).toBe(204)
    }
  })
})

describe('its page', () => {
  const browser = launchBrowser()
  const amounts = (page: Page) =>
    page.locator('li').evaluateAll((rows) => rows.slice(0, 50).map((row) => row.textContent))

  it('shows all prices, and they go on changing on a slow link, with each switch', async () => {
    const { url } = await startExample('dashboard')
    const page = await browser.newPage()
    await page.goto(url)
    await page.locator('li').nth(999).waitFor()
    expect(await page.locator('li').count()).toBe(1_000)
    const changes = async () => {
      const before = await amounts(page)
      await expect.poll(() => amounts(page)).not.toEqual(before)
      await expect.poll(() => page.locator('#age').textContent()).toMatch(/^\d+\.\d s old$/)
    }
    await changes()
    await page.getByRole('slider').fill('2')
    await expect.poll(() => page.locator('output').textContent()).toBe('100 kB/s')
    await changes()
    await page.getByLabel('confirm').check()
    await changes()
    await page.getByLabel('gzip').uncheck()
    await changes()
    expect(await page.locator('#status').textContent()).toBe('open')
    expect(await page.locator('li').count()).toBe(1_000)
    await page.close()
  }, 90_000)

  it.each(looks)('keeps nobody out: $name', async (look) => {
    const { url } = await startExample('dashboard', { SYMBOLS: '60', TICK: '1000' })
    const page = await browser.newPage(look)
    await page.goto(url)
    await page.locator('li').nth(59).waitFor()
    expect(await barriersOn(page)).toEqual([])
    await page.close()
  })
})
