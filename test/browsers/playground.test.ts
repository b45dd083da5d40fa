// In every engine both ends of the playground run in the page, and its buttons do what their labels say.
import { build } from 'esbuild'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../programs.ts'
import type { Page } from './engine.ts'
import { engines } from './engines.ts'
import { Site } from './site.ts'

const site = new Site()

beforeAll(async () => {
  const entry = `${root}examples/playground/playground.ts`
  const { outputFiles } = await build({ entryPoints: [entry], bundle: true, format: 'esm', write: false })
  site.on('/playground.js', (response) => {
    response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(outputFiles[0]!.text)
  })
  await site.start()
})
afterAll(() => site.stop())

/** Globals of the page: what the client has `seen`, `click(name)`, and `until(condition)` of what the playground shows. */
const setUp = `
  const { Playground } = await import('/playground.js')
  globalThis.box = document.body.appendChild(document.createElement('div'))
  globalThis.playground = new Playground(box, { interval: 40, downtime: 100, running: true })
  globalThis.seen = []
  const { showTick, showGap } = Playground.prototype
  playground.showTick = function (count) { seen.push(count); showTick.call(this, count) }
  playground.showGap = function (gap) { seen.push(gap.reason); showGap.call(this, gap) }
  globalThis.button = (name) => [...box.querySelectorAll('button')].find((one) => one.textContent === name)
  globalThis.click = (name) => button(name).click()
  globalThis.text = (part) => box.querySelector(part).textContent
  globalThis.until = (condition) => new Promise((resolve) => {
    const observer = new MutationObserver(check)
    observer.observe(box, { subtree: true, childList: true, characterData: true })
    function check() {
      if (!condition()) return
      observer.disconnect()
      resolve()
    }
    check()
  })
  globalThis.published = () => Number(/tick (\\d+)/.exec(text('[data-published]'))?.[1] ?? 0)
  globalThis.hasReceived = (count) => seen.includes(count)
  await until(() => seen.length >= 2)
`

/** Numbers from the first to the last, none left out and none twice. */
const isGapless = (seen: unknown[]) => seen.every((count, index) => count === Number(seen[0]) + index)

describe.each(engines)('$name', (engine) => {
  let page: Page

  beforeAll(async () => {
    page = await engine.open()
  })
  afterAll(() => page?.close())
  afterEach(() => page.run('globalThis.playground?.close()'))

  const visit = async () => {
    await page.goto(`${site.origin}/page?${Math.random()}`)
    await page.run(setUp)
  }

  it('replays what was published while the connection was cut', async () => {
    await visit()
    const seen = await page.run(`
      click('Cut the connection')
      await until(() => text('[aria-label=Client] h3').includes('waiting, retry in'))
      const before = published()
      await until(() => published() >= before + 5)
      click('Pause')
      const last = published()
      click('Restore the connection')
      await until(() => hasReceived(last))
      return seen
    `)
    expect(isGapless(seen)).toBe(true)
    expect(await page.run("return text('[data-received]')")).toContain('replayed')
    expect(await page.run("return text('[role=status]')")).toBe(
      'Reconnected. The client has received the events it missed.',
    )
  })

  it('reports a gap once more was missed than the history holds', async () => {
    await visit()
    const [seen, last] = await page.run(`
      click('Cut the connection')
      const before = published()
      await until(() => published() >= before + 30)
      click('Pause')
      const last = published()
      click('Restore the connection')
      await until(() => hasReceived(last))
      return [seen, last]
    `)
    const gap = seen.indexOf('trimmed')
    expect(isGapless(seen.slice(0, gap))).toBe(true)
    expect(seen.slice(gap + 1)).toEqual(Array.from({ length: 20 }, (_, index) => last - 19 + index))
    expect(await page.run("return text('[role=status]')")).toContain('It receives a gap, reason trimmed.')
  })

  it('misses nothing when the server restarts with its history', async () => {
    await visit()
    const seen = await page.run(`
      click('Restart the server')
      await until(() => text('[data-published]').includes('started with its history'))
      const before = published()
      await until(() => published() >= before + 3)
      click('Pause') // more than the history holds could be published before the client's next attempt
      const last = published()
      await until(() => hasReceived(last))
      return seen
    `)
    expect(isGapless(seen)).toBe(true)
  })

  it('reports a gap when the server restarts without history', async () => {
    await visit()
    const seen = await page.run(`
      click('Restart without history')
      await until(() => text('[data-received]').includes('gap: epoch'))
      const before = published()
      await until(() => hasReceived(before + 3))
      return seen
    `)
    expect(seen.filter((what: unknown) => typeof what === 'string')).toEqual(['epoch'])
    expect(isGapless(seen.slice(seen.indexOf('epoch') + 1))).toBe(true)
  })

  it('lets a slow client fall behind and catch up in order', async () => {
    await visit()
    const seen = await page.run(`
      click('Make the client slow')
      await until(() => text('[aria-label=Client] h3').includes('open, 8 behind'))
      click('Pause')
      const last = published()
      click('Make the client fast')
      await until(() => hasReceived(last))
      return seen
    `)
    expect(isGapless(seen)).toBe(true)
  })

  it('waits for its button where the reader prefers reduced motion', async () => {
    await visit()
    const [label, before, after] = await page.run(`
      playground.close()
      const { Playground } = await import('/playground.js')
      globalThis.matchMedia = (query) => ({ matches: query === '(prefers-reduced-motion: reduce)' })
      globalThis.playground = new Playground(box, { interval: 40 })
      const [label, before] = [text('[data-action=run]'), published()]
      click('Start')
      await until(() => text('[data-received]').includes('tick 2'))
      return [label, before, published()]
    `)
    expect([label, before]).toEqual(['Start', 0])
    expect(after).toBeGreaterThanOrEqual(2)
  })
})
