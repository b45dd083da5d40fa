import { chromium as playwright } from 'playwright'
import { chromium, chromiumArgs } from '../chromium.ts'
import { asExpression, type Engine, type Page } from './engine.ts'

const binary = await chromium()

export const chromiumEngine: Engine = {
  name: 'Chromium',
  binary,
  packages: 'chromium',
  keepsStreamingPages: true,
  hasProcessPerTab: true,
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
    const context = await browser.newContext()
    const open = async (close?: () => Promise<void>): Promise<Page> => {
      const page = await context.newPage()
      const cdp = await context.newCDPSession(page)
      return {
        goto: async (url) => {
          await page.goto(url)
        },
        // Playwright's own `evaluate` fails until it has noticed that a page came back.
        async run(body) {
          const params = { expression: asExpression(body), awaitPromise: true }
          const { result, exceptionDetails } = await cdp.send('Runtime.evaluate', params)
          if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
          return JSON.parse(result.value)
        },
        tab: () => open(),
        close: close ?? (() => page.close()),
        async crash() {
          const crashed = page.waitForEvent('crash')
          // The renderer that is killed never answers.
          cdp.send('Page.crash').catch(() => {})
          await crashed
        },
        async freeze(frozen) {
          await cdp.send('Page.setWebLifecycleState', { state: frozen ? 'frozen' : 'active' })
        },
        async offline(offline) {
          const conditions = { offline, latency: 0, downloadThroughput: -1, uploadThroughput: -1 }
          await cdp.send('Network.emulateNetworkConditions', conditions)
        },
      }
    }
    return open(() => browser.close())
  },
}
