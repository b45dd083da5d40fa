// Looks at the built site in Chromium, on a phone and at a desk, by day and by night: nothing keeps anybody out, no page is
// wider than its screen. `npm run check:docs`, after `npm run docs`; with a folder it leaves pictures there.
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { chromium as launcher } from 'playwright'
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
  '404',
]
/** The theme's: axe takes the picture of a key, "K", for a part of the button's name. The open search is not looked at. */
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
    await context.close()
  }
} finally {
  await browser.close()
  server.close()
}
console.log(found === 0 ? `${PAGES.length} pages keep nobody out` : `${found} barriers`)
process.exitCode = found === 0 ? 0 : 1
