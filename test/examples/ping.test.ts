import { build } from 'esbuild'
import { type Browser, chromium as launcher, type Page } from 'playwright'
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
}, 60_000)

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
    expect(await pings.first().textContent()).toMatch(RFC_3339)
    expect(await page.locator('output').textContent()).toBe('open')
    await page.locator('li.message').first().waitFor({ timeout: LONGEST_WAIT_FOR_MESSAGE })
    expect(await page.locator('li.message').first().textContent()).toMatch(/^This is a message at time \d{4}-/)

    expect(await first.stop()).toBe(0)
    expect(first.errors()).toBe('')
    await page.locator('output', { hasText: /waiting|connecting/ }).waitFor()
    const before = await pings.count()
    const second = await startServer()
    await pings.nth(before).waitFor({ timeout: 30_000 })

    const left = second.line(/closed by the client after \d+ events/, 1000)
    await page.getByRole('button', { name: 'Close the connection' }).click()
    await left
    expect(await page.locator('output').textContent()).toBe('closed')
    const after = await page.locator('li').count()
    await readEvents(2)
    expect(await page.locator('li').count()).toBe(after)
  }, 60_000)

  it('shows text as text, never as HTML', async () => {
    await startServer()
    const markup = '<img src="x" onerror="document.title = 1">'
    const page = await browser.newPage()
    pages.push(page)
    await page.route('**/sse', (route) =>
      route.fulfill({ contentType: 'text/event-stream', body: `retry: 60000\ndata: ${markup}\n\n` }),
    )
    await page.goto(`http://localhost:${port}/`)
    await page.locator('li.message').waitFor()
    expect(await page.locator('li.message').textContent()).toBe(markup)
    expect(await page.locator('li img').count()).toBe(0)
  }, 30_000)

  it.each(looks)(
    'keeps nobody out: $name',
    async (look) => {
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
    },
    30_000,
  )

  it("works with nothing but the browser's own EventSource", async () => {
    const server = await startServer()
    const page = await open('/native')
    await page.locator('li.ping').first().waitFor()
    expect(await page.locator('li.ping').first().textContent()).toMatch(RFC_3339)
    await page.locator('li.message').first().waitFor({ timeout: LONGEST_WAIT_FOR_MESSAGE })
    expect(await page.locator('li.message').first().textContent()).toMatch(/^This is a message at time \d{4}-/)
    const left = server.line(/closed by the client/, 1000)
    await page.getByRole('button').click()
    await left
  }, 30_000)
})

describe('the server', () => {
  it('sends the ping as JSON and the message as plain text', async () => {
    await startServer()
    const wire = await readEvents(1, 'This is a message')
    expect(wire).toMatch(/\n\nevent: ping\ndata: \{"time":"[^"]+"\}\n\n/)
    expect(wire).toMatch(/\n\ndata: This is a message at time \S+\n\n/)
  }, 30_000)

  it('prints one clickable address and honours PORT', async () => {
    const server = await startServer()
    expect(server.output()).toBe(`http://localhost:${port}\n`)
  })

  it('answers 404 for what it does not have', async () => {
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
