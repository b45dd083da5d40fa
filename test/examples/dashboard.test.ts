// A page of the dashboard receives all numbers at once, then each change, and all numbers anew after a long absence.
import { afterEach, describe, expect, it } from 'vitest'
import { type Gap, type Subscription, subscribe } from '../../src/client/index.ts'
import { launchBrowser } from './browser.ts'
import { startExample, stopExamples } from './example.ts'

interface Events {
  state: Record<string, number>
  change: { region: string; orders: number }
}

const REGIONS = ['Africa', 'America', 'Asia', 'Europe', 'Oceania']

afterEach(stopExamples)

describe('the dashboard example', () => {
  it('sends all numbers first, and then each change after them, none left out', async () => {
    const { url, server } = await startExample('dashboard', { TICK: '5' })
    using subscription = subscribe<Events>(`${url}/orders`)
    const state = await follow(subscription, 100)
    expect(state.steps).toEqual(Array.from({ length: 100 }, () => 1))
    expect(state.types).toEqual(['state', ...Array.from({ length: 100 }, () => 'change')])
    expect(Object.keys(state.orders).sort()).toEqual(REGIONS)
    expect(await server.stop()).toBe(0)
    expect(server.errors()).toBe('')
  }, 20_000)

  it('sends only the changes to who was away for a moment', async () => {
    const { url } = await startExample('dashboard', { TICK: '20' })
    using subscription = subscribe<Events>(`${url}/orders`)
    const gaps: Gap[] = []
    subscription.onGap((gap) => gaps.push(gap))
    let changes = 0
    subscription.on('change', () => {
      changes++
      if (changes === 20) subscription.reconnect()
    })
    const state = await follow(subscription, 40)
    expect(state.types.filter((type) => type === 'state')).toHaveLength(1)
    expect(state.steps).toEqual(Array.from({ length: 40 }, () => 1))
    expect(gaps).toEqual([])
  }, 20_000)

  it('sends all numbers anew, after a gap, to who was away for longer than the history reaches', async () => {
    const { url } = await startExample('dashboard', { TICK: '1' })
    using present = subscribe<Events>(`${url}/orders`)
    const { id } = await present.once('change')
    await follow(present, 150)
    using late = subscribe<Events>(`${url}/orders`, { lastEventId: id })
    const gaps: Gap[] = []
    late.onGap((gap) => gaps.push(gap))
    const state = await follow(late, 10)
    expect(gaps).toMatchObject([{ reason: 'trimmed' }])
    expect(state.types[0]).toBe('state')
    expect(state.steps).toEqual(Array.from({ length: 10 }, () => 1))
  }, 20_000)
})

describe('its page', () => {
  const browser = launchBrowser()

  it('shows every region at once, and numbers that grow', async () => {
    const { url } = await startExample('dashboard', { TICK: '20' })
    const page = await browser.newPage()
    await page.goto(url)
    await page.locator('th').nth(4).waitFor()
    expect(await page.locator('th').allTextContents()).toEqual(REGIONS)
    const total = async () =>
      (await page.locator('td').allTextContents()).map(Number).reduce((sum, orders) => sum + orders, 0)
    const before = await total()
    await expect.poll(total, { timeout: 10_000 }).toBeGreaterThan(before + 3)
    expect(await page.locator('th').count()).toBe(5)
    await page.close()
  }, 30_000)
})

/** Keeps the numbers as the page does, for so many changes; `steps` is by how much each one has grown. */
async function follow(subscription: Subscription<Events>, changes: number) {
  const types: string[] = []
  const steps: number[] = []
  let orders: Record<string, number> = {}
  let done!: () => void
  const enough = new Promise<void>((resolve) => {
    done = resolve
  })
  const end = subscription.onAny((event) => {
    types.push(event.type)
    if (event.type === 'state') {
      orders = event.data
      return
    }
    const { region } = event.data
    steps.push(event.data.orders - orders[region]!)
    orders[region] = event.data.orders
    if (steps.length === changes) {
      end()
      done()
    }
  })
  await enough
  return { types, steps, orders }
}
