import { chromium as playwright } from 'playwright'
import { chromium, chromiumArgs } from '../chromium.ts'
import { asExpression, type Engine } from './engine.ts'

const binary = await chromium()

export const chromiumEngine: Engine = {
  name: 'Chromium',
  binary,
  packages: 'chromium',
  keepsStreamingPages: true,
  cutsBeforePagehide: false,
  encodesHeadersTwice: false,
  storesIdsWithoutData: true,
  async open() {
    const browser = await playwright.launch({
      executablePath: binary,
      args: chromiumArgs,
      // Playwright switches the back/forward cache off.
      ignoreDefaultArgs: ['--disable-back-forward-cache'],
    })
    const page = await browser.newPage()
    return {
      goto: async (url) => {
        await page.goto(url)
      },
      run: async (body) => JSON.parse(await page.evaluate(asExpression(body))),
      close: () => browser.close(),
    }
  },
}
