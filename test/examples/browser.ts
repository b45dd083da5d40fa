import { type Browser, type BrowserContextOptions, chromium as launcher, type Page } from 'playwright'
import { afterAll, beforeAll } from 'vitest'
import { chromium, chromiumArgs } from '../chromium.ts'

/** A real Chromium for the tests of this block. */
export function launchBrowser(): { newPage(options?: BrowserContextOptions): Promise<Page> } {
  let browser: Browser | undefined
  beforeAll(async () => {
    browser = await launcher.launch({ executablePath: await chromium(), args: chromiumArgs })
  }, 60_000)
  afterAll(() => browser?.close())
  return { newPage: (options) => browser!.newPage(options) }
}
