// The pages of the examples have no accessibility barriers, on a phone by day and at a desk by night (the ping page has a test of its own).
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { barriersOn, looks } from '../accessibility.ts'
import { launchBrowser } from './browser.ts'
import { startExample, stopExamples } from './example.ts'

const PAGES = [
  ['dashboard', 'li'],
  ['job-progress', 'progress'],
  ['model-tokens', 'output'],
  ['notifications', 'output'],
  ['orders', 'li'],
  ['presence', 'output'],
] as const
const [phoneByDay, , , deskByNight] = looks

afterEach(stopExamples)

describe('an example', () => {
  const browser = launchBrowser()

  it.each(PAGES)('has no accessibility barrier: %s', async (name, ready) => {
    const { url } = await startExample(name)
    for (const look of [phoneByDay!, deskByNight!]) {
      const page = await browser.newPage(look)
      onTestFinished(() => page.close())
      await page.goto(url)
      await page.locator(ready).first().waitFor()
      expect(await barriersOn(page), look.name).toEqual([])
    }
  })

  it('finds the barriers of a page that has some', async () => {
    const page = await browser.newPage(phoneByDay)
    onTestFinished(() => page.close())
    await page.setContent('<title>t</title><p style="width: 500px; color: #aaa; background: #fff">pale <input></p>')
    const rules = (await barriersOn(page)).map((barrier) => barrier.split(/[: ]/)[0])
    expect(rules).toEqual(['color-contrast', 'html-has-lang', 'label', 'it'])
  })
})
