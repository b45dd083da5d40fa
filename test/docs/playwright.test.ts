// The page about Playwright is run by Playwright, in Chromium, against an app whose own server has no stream.
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { dirname } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { chromium, chromiumArgs } from '../chromium.ts'
import { listen } from '../node/listen.ts'
import { root, start } from '../programs.ts'
import { blocks } from './blocks.ts'
import { layOut, type Workplace } from './workplace.ts'

const page = blocks.filter(({ document }) => document === 'docs/recipes/playwright.md')
const specs = page.filter(({ file }) => file.endsWith('.spec.ts'))
let workplace: Workplace

beforeAll(async () => {
  workplace = await layOut(page)
})
afterAll(() => workplace.remove())

const HTML = `<!doctype html><title>Clock</title><p id="time">no ping yet</p><p role="status"></p>`
const NATIVE = `
  const source = new EventSource('/events')
  source.onopen = () => (document.querySelector('[role]').textContent = 'open')
  source.onerror = () => source.readyState === 2 && (document.querySelector('[role]').textContent = 'waiting')
  source.addEventListener('ping', ({ data }) => (document.querySelector('#time').textContent = JSON.parse(data).time))
`
const SUBSCRIBED = `
  import { subscribe } from 'eventwire/client'
  const subscription = subscribe('/events', { retry: { min: 100, max: 200 } })
  subscription.state.subscribe(({ status }) => (document.querySelector('[role]').textContent = status))
  subscription.on('ping', ({ time }) => (document.querySelector('#time').textContent = time))
`

async function startApp(code: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: dirname(workplace.pathOf(page[0]!)) },
    bundle: true,
    write: false,
    format: 'esm',
  })
  const script = `<script type="module">${outputFiles[0]!.text}</script>`
  const port = await listen(
    createServer(({ url }, response) => {
      response.writeHead(url === '/' ? 200 : 404, { 'Content-Type': 'text/html' }).end(url === '/' ? HTML + script : '')
    }),
  )
  return `http://127.0.0.1:${port}`
}

it('has specs', () => {
  expect(specs.map(({ file }) => file)).toEqual(['clock.spec.ts', 'connection.spec.ts'])
})

it.each([
  ['an EventSource', NATIVE],
  ['a subscription', SUBSCRIBED],
])('passes for an app with %s', { timeout: 120_000 }, async (_, code) => {
  const baseURL = await startApp(code)
  const launchOptions = { executablePath: await chromium(), args: chromiumArgs }
  const folder = dirname(workplace.pathOf(page[0]!))
  const config = { workers: 1, reporter: 'json', use: { baseURL, launchOptions } }
  await writeFile(`${folder}/playwright.config.ts`, `export default ${JSON.stringify(config)}`)
  const cli = `${root}node_modules/@playwright/test/cli.js`
  const running = await start('node', [cli, 'test'], {}, folder)
  onTestFinished(async () => void (await running.stop('SIGKILL')))
  await running.exited()
  const { stats, errors } = JSON.parse(running.output())
  expect(errors).toEqual([])
  expect(stats, running.output()).toMatchObject({ expected: 4, unexpected: 0, flaky: 0, skipped: 0 })
})
