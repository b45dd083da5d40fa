import { build } from 'esbuild'
import { type Browser, type Locator, chromium as launcher, type Page } from 'playwright'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { barriersOn, looks } from '../accessibility.ts'
import { chromium, chromiumArgs } from '../chromium.ts'
import { freePort } from '../free-port.ts'
import { type Running, root, start } from '../programs.ts'

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+09:00)$/
const LONGEST_WAIT_FOR_MESSAGE = 15_000

let browser: Browser
let port: string
const servers: Running[] = []
const pages: Page[] = []

beforeAll(async () => {
  await build({
    entryPoints: [`${root}examples/ping/page.ts`],
    outfile: `${root}examples/ping/page.js`,
    bundle: true,
    format: 'esm',
  })
  browser = await launcher.launch({ executablePath: await chromium(), args: chromiumArgs })
  port = String(await freePort())
})

afterEach(async () => {
  await Promise.all(pages.splice(0).map((page) => page.close()))
  await Promise.all(servers.splice(0).map((server) => server.stop()))
})

afterAll(() => browser?.close())

describe('the page', () => {
  it('lists pings and messages, survives a restart, and closes for good', async () => {
    const first = await startServer()
    const page = await open('/')
    const pings = page.locator('li.ping')
    await pings.first().waitFor()
    await expectLocalTime(pings.first())
    expect(await page.locator('output').textContent()).toBe('open')
    await page.locator('li.message').first().waitFor({ timeout: LONGEST_WAIT_FOR_MESSAGE })
    await expectMessage(page.locator('li.message').first())

    expect(await first.stop()).toBe(0)
    expect(first.errors()).toBe('')
    await page.locator('output', { hasText: 'waiting' }).waitFor()
    await page.locator('#countdown', { hasText: /^retry in \d+ s$/ }).waitFor()
    const before = await pings.count()
    const second = await startServer()
    await pings.nth(before).waitFor({ timeout: 30_000 })

    const left = second.line(/closed by the client after \d+ events/)
    await page.getByRole('button', { name: 'Close the connection' }).click()
    await left
    expect(await page.locator('output').textContent()).toBe('closed')
    const after = await page.locator('li').count()
    await readEvents(2)
    expect(await page.locator('li').count()).toBe(after)

    await page.getByRole('button', { name: 'Connect again' }).click()
    await page.locator('output', { hasText: 'open' }).waitFor()
    await page.locator('li').nth(after).waitFor()
    expect(await page.getByRole('button').textContent()).toBe('Close the connection')
  })

  it('counts down to the next attempt, and stops when it is closed', async () => {
    await startServer()
    const page = await openWith('retry: 60000\ndata: a\n\n')
    await page.locator('#countdown', { hasText: /^retry in 6\d s$/ }).waitFor()
    await page.locator('#countdown', { hasText: /^retry in 5\d s$/ }).waitFor()
    await page.getByRole('button').click()
    expect(await page.locator('#countdown').textContent()).toBe('')
    expect(await page.locator('output').getAttribute('data-status')).toBe('closed')
  })

  it.each(['/', '/native'])('keeps a bounded list: %s', async (path) => {
    await startServer()
    const events = Array.from({ length: 130 }, (_, index) => `data: ${index}\n\n`)
    const page = await openWith(`retry: 60000\n${events.join('')}`, path)
    await page.locator('li', { hasText: '129' }).waitFor()
    const texts = await page.locator('li').allTextContents()
    expect(texts).toEqual(Array.from({ length: 100 }, (_, index) => `${129 - index}`))
  })

  it.each(['/', '/native'])('puts everything on one line on a phone: %s', async (path) => {
    await startServer()
    const body = 'retry: 60000\nevent: ping\ndata: {"time":"2026-01-01T12:59:58+09:00"}\n\n'
    const message = 'data: This is a message at time 2026-01-01T12:59:58+09:00\n\n'
    const page = await openWith(body + message, path, { width: 360, height: 740 })
    await page.locator('li.message').waitFor()
    if (path === '/') await page.locator('#countdown', { hasText: 'retry in' }).waitFor()
    expect(await linesOf(page, 'h1, header p, button, li.ping, li.message')).toEqual([1, 1, 1, 1, 1])
  })

  it('animates nothing if reduced motion is preferred', async () => {
    await startServer()
    const animations = async (reducedMotion: 'reduce' | 'no-preference') => {
      const page = await openWith('retry: 60000\ndata: a\n\n', '/', undefined, reducedMotion)
      await page.locator('li').waitFor()
      return page.evaluate(() => document.getAnimations().length)
    }
    expect(await animations('no-preference')).toBeGreaterThan(0)
    expect(await animations('reduce')).toBe(0)
  })

  it('leads on to the other page and the bytes', async () => {
    await startServer()
    const page = await open('/')
    await page.getByRole('link', { name: 'The same events without the library' }).click()
    await page.locator('li.ping').first().waitFor()
    expect(await page.getByRole('link', { name: 'The bytes on the wire' }).getAttribute('href')).toBe('/sse')
    await page.getByRole('link', { name: 'The page with Eventwire' }).click()
    await page.locator('#countdown').waitFor({ state: 'attached' })
  })

  it('shows text as text, never as HTML', async () => {
    await startServer()
    const markup = '<img src="x" onerror="document.title = 1">'
    const page = await openWith(`retry: 60000\ndata: ${markup}\n\n`)
    await page.locator('li.message').waitFor()
    expect(await page.locator('li.message').textContent()).toBe(markup)
    expect(await page.locator('li img').count()).toBe(0)
  })

  it.each(looks)('has no accessibility finding: $name', async (look) => {
    await startServer()
    for (const path of ['/', '/native']) {
      const page = await browser.newPage(look)
      pages.push(page)
      const body = 'retry: 60000\nevent: ping\ndata: {"time":"2026-01-01T00:00:00Z"}\n\ndata: a message\n\n'
      await page.route('**/sse', (route) => route.fulfill({ contentType: 'text/event-stream', body }))
      await page.goto(`http://localhost:${port}${path}`)
      await page.locator('li.message').waitFor()
      expect(await barriersOn(page)).toEqual([])
      await page.getByRole('button').click()
      expect(await barriersOn(page)).toEqual([])
    }
  })

  it("works with nothing but the browser's own EventSource", async () => {
    const server = await startServer()
    const page = await open('/native')
    await page.locator('li.ping').first().waitFor()
    await expectLocalTime(page.locator('li.ping').first())
    await page.locator('li.message').first().waitFor({ timeout: LONGEST_WAIT_FOR_MESSAGE })
    await expectMessage(page.locator('li.message').first())
    const left = server.line(/closed by the client/)
    await page.getByRole('button').click()
    await left
    expect(await page.locator('output').textContent()).toBe('closed')
    const before = await page.locator('li').count()
    await page.getByRole('button', { name: 'Connect again' }).click()
    await page.locator('li').nth(before).waitFor()
  })
})

describe('the server', () => {
  it('sends the ping as JSON and the message as plain text', async () => {
    await startServer()
    const wire = await readEvents(1, 'This is a message')
    expect(wire).toMatch(/\nevent: ping\ndata: \{"time":"[^"]+"\}\n\n/) // the first one follows a comment, which has no blank line
    expect(wire).toMatch(/\n\ndata: This is a message at time \S+\n\n/)
  })

  it('prints one clickable address and honours PORT', async () => {
    const server = await startServer()
    expect(server.output()).toBe(`http://localhost:${port}\n`)
  })

  it('responds with 404 for what it does not have', async () => {
    await startServer()
    expect((await fetch(`http://localhost:${port}/nothing`)).status).toBe(404)
  })
})

async function startServer(): Promise<Running> {
  const server = await start('node', ['examples/ping/server.ts'], { PORT: port })
  servers.push(server)
  await server.line(/^http:/)
  return server
}

async function open(path: string): Promise<Page> {
  const page = await browser.newPage()
  pages.push(page)
  await page.goto(`http://localhost:${port}${path}`)
  return page
}

/** The page with a stream of these bytes in place of the server's. */
async function openWith(
  body: string,
  path = '/',
  viewport = { width: 1280, height: 800 },
  reducedMotion: 'reduce' | 'no-preference' = 'no-preference',
): Promise<Page> {
  const page = await browser.newPage({ viewport, reducedMotion })
  pages.push(page)
  await page.route('**/sse', (route) => route.fulfill({ contentType: 'text/event-stream', body }))
  await page.goto(`http://localhost:${port}${path}`)
  return page
}

/** A ping shows its time as the reader's clock has it; the title has it as it arrived. */
async function expectLocalTime(item: Locator): Promise<void> {
  const title = (await item.getAttribute('title'))!
  expect(title).toMatch(RFC_3339)
  expect(await item.textContent()).toBe(await item.evaluate((_, time) => new Date(time).toLocaleTimeString(), title))
}

async function expectMessage(item: Locator): Promise<void> {
  expect(await item.getAttribute('title')).toMatch(/^This is a message at time \d{4}-\d\d-\d\dT/)
  expect(await item.textContent()).toMatch(/^This is a message at time \d?\d:\d\d:\d\d/)
}

/** How many lines the text of each element takes. */
function linesOf(page: Page, selector: string): Promise<number[]> {
  return page.locator(selector).evaluateAll((elements) =>
    elements.map((element) => {
      const range = document.createRange()
      range.selectNodeContents(element)
      return new Set([...range.getClientRects()].map(({ bottom }) => Math.round(bottom / 10))).size
    }),
  )
}

/** The text of the stream until so many events, and this text, have come. */
async function readEvents(count: number, text = ''): Promise<string> {
  const response = await fetch(`http://localhost:${port}/sse`, {
    signal: AbortSignal.timeout(LONGEST_WAIT_FOR_MESSAGE),
  })
  let wire = ''
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    wire += chunk
    if (wire.split('\ndata: ').length > count && wire.includes(text)) break
  }
  return wire
}
