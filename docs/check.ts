// Looks at the built site in Chromium, on a phone and on a desktop, light and dark: no accessibility barriers, no page wider than
// its screen, and a home page whose search and playground work. `npm run check:docs`, after `npm run docs`; with a folder it
// leaves screenshots there.
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { chromium as launcher, type Page } from 'playwright'
import { barriersOn, looks } from '../test/accessibility.ts'
import { chromium, chromiumArgs } from '../test/chromium.ts'

const PAGES = [
  'index',
  'installation',
  'ping-demo',
  'how-it-works',
  'glossary',
  'event-map',
  'channels',
  'client',
  'errors',
  'recipes/frameworks',
  'api/eventwire/index',
  'api/eventwire/server/functions/createStream',
  'benchmarks/README',
  'benchmarks/fanout',
  'runs',
  'comparison',
  '404',
]
/** The theme's: axe takes the picture of a key, "K", for a part of the button's name. The open search is not checked. */
const EXCUSED = /^label-content-name-mismatch: \.DocSearch: /
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}

const pictures = process.argv[2]
const site = new URL('.vitepress/dist/', import.meta.url)
const server = createServer(async (request, response) => {
  const file = new URL(`.${request.url!.replace(/[?#].*/, '')}`, site)
  const content = await readFile(file).catch(() => undefined)
  response
    .writeHead(content ? 200 : 404, { 'Content-Type': TYPES[extname(file.pathname)] ?? 'text/plain' })
    .end(content)
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
const browser = await launcher.launch({ executablePath: await chromium(), args: chromiumArgs })

let found = 0
try {
  for (const { name, ...look } of looks) {
    const context = await browser.newContext(look)
    const page = await context.newPage()
    for (const path of PAGES) {
      await page.goto(`${origin}/${path}.html`)
      await page.waitForFunction(() => '__vue_app__' in document.querySelector('#app')!) // the page is alive
      const barriers = (await barriersOn(page)).filter((barrier) => !EXCUSED.test(barrier))
      found += barriers.length
      if (barriers.length > 0) console.log([`${path} (${name})`, ...barriers].join('\n  '))
      if (pictures) await page.screenshot({ path: join(pictures, `${path.replaceAll('/', '-')} ${name}.png`) })
    }
    await page.goto(`${origin}/index.html`)
    found += await failuresOf(name, { searchFinds, playgroundWorks, playgroundIsAccessible }, page)
    await context.close()
  }
} finally {
  await browser.close()
  server.close()
}
console.log(found === 0 ? `${PAGES.length} pages have no accessibility barriers` : `${found} barriers`)
process.exitCode = found === 0 ? 0 : 1

/** How many of these things on the home page do not work. */
async function failuresOf(look: string, actions: Record<string, (page: Page) => Promise<void>>, page: Page) {
  let failures = 0
  for (const [name, action] of Object.entries(actions)) {
    await action(page).catch((error: Error) => {
      failures++
      console.log(`${name} (${look}): ${error.message}`)
    })
  }
  return failures
}

/** The words that `check-search.ts` asks lead there in the search box, too. */
async function searchFinds(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Search' }).first().click()
  await page.locator('#localsearch-input').fill('docker')
  await page
    .locator('a.result')
    .first()
    .and(page.locator('[href*="recipes/shutdown.html"]'))
    .waitFor({ timeout: 10_000 })
  await page.keyboard.press('Escape')
}

/** The playground has no barrier after its buttons were used. */
async function playgroundIsAccessible(page: Page): Promise<void> {
  const barriers = (await barriersOn(page)).filter((barrier) => !EXCUSED.test(barrier))
  if (barriers.length > 0) throw new Error(barriers.join('\n  '))
}

/** Both ends of the playground run, and the keyboard is enough for it. */
async function playgroundWorks(page: Page): Promise<void> {
  const client = page.getByRole('region', { name: 'Client' })
  await client
    .getByText(/^tick \d/)
    .first()
    .waitFor({ timeout: 10_000 })
  await page.getByRole('button', { name: 'Pause' }).focus()
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await client.getByText('waiting, retry in').waitFor({ timeout: 10_000 })
  const newest = page.getByRole('region', { name: 'Server' }).getByRole('listitem').first()
  const missed = Number((await newest.textContent())!.replace(/\D/g, '')) + 1
  await newest.getByText(`tick ${missed}`).waitFor({ timeout: 10_000 })
  await page.keyboard.press('Enter')
  await client.getByText('replayed').first().waitFor({ timeout: 10_000 })
}
