// A compressed channel in every engine: each event is visible before the next one is sent, byte for byte, whenever a page joins.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Lockstep } from '../server/gzip/lockstep.ts'
import type { Page } from './engine.ts'
import { engines } from './engines.ts'
import { Site } from './site.ts'

const site = new Site()

beforeAll(() => site.start())
afterAll(() => site.stop())

describe.each(engines)('$name', (engine) => {
  let page: Page

  beforeAll(async () => {
    page = await engine.open()
  })
  afterAll(() => page?.close())

  it('has no node:zlib, and gzip() says so', async () => {
    await page.goto(`${site.origin}/page?${Math.random()}`)
    const error = await page.run(`
      const { gzip } = await import('/src/server/gzip/index.ts')
      try {
        gzip()
      } catch ({ code, message }) {
        return { code, message }
      }
    `)
    expect(error).toMatchObject({ code: 'invalid-option', message: expect.stringMatching(/^gzip\(\) needs node:zlib/) })
  })

  it.each([
    ['an EventSource', `new EventSource('/sse?name=' + name)`, 'addEventListener'],
    ['our client', `(await import('/src/client/index.ts')).subscribe('/sse?name=' + name)`, 'on'],
  ])('%s sees each event at once, and all of them', async (_, open, listen) => {
    const server = new Lockstep()
    site.on('/sse', (response, request) => server.handle(request, response))
    site.on('/seen', (response, request) => {
      const { searchParams } = new URL(request.url!, site.origin)
      server.seen(searchParams.get('name')!, Number(searchParams.get('n')))
      response.writeHead(204).end()
    })
    await page.goto(`${site.origin}/page?${Math.random()}`)
    const join = (name: string) =>
      page.run(`
        const name = '${name}'
        const source = ${open}
        globalThis.seen ??= {}
        const seen = (globalThis.seen[name] = [])
        source.${listen}('price', (given) => {
          const payload = given.data === undefined ? JSON.stringify(given) : given.data
          seen.push(payload)
          void fetch('/seen?name=' + name + '&n=' + JSON.parse(payload).n, { method: 'POST' })
        })
      `)
    for (const [index, name] of ['a', 'b', 'c'].entries()) {
      await join(name)
      await server.until(index + 1)
      await server.publishTo((index + 1) * 70)
    }
    await server.end()
    expect(server.encodings.slice(0, 3)).toEqual(['gzip', 'gzip', 'gzip'])
    for (const name of ['a', 'b', 'c']) {
      expect(await page.run(`return globalThis.seen.${name}`)).toEqual(server.expected(name))
    }
  })
})
