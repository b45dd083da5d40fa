import assert from 'node:assert/strict'
import { chromium as launcher } from 'playwright'
import { chromium, chromiumArgs } from '../chromium.ts'
import { RawClient } from '../node/raw-client.ts'
import type { Check, Target } from './suite.ts'

/** Waits until the example has said so many times how a stream closed. */
async function closedLines({ output }: Target, count: number): Promise<string[]> {
  for (let tries = 0; tries < 100; tries++) {
    const lines = output().match(/^closed: .*$/gm) ?? []
    if (lines.length >= count) return lines
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`the example has not noticed that its client left: ${output()}`)
}

const body = '{"name":"Ann"}'
const post = ['POST /events HTTP/1.1', 'Content-Type: application/json', `Content-Length: ${body.length}`]

/** Checks that every example of a host passes. They run one after another, the first two close one stream each. */
export const hostChecks: readonly Check[] = [
  {
    name: 'sends events as they come, and notices that the client has left',
    async run(target) {
      const client = await RawClient.open(target.port, [
        'GET /events HTTP/1.1',
        'Accept-Encoding: gzip, deflate, br, zstd',
        'Last-Event-ID: 41',
      ])
      const text = await client.until('"lastEventId":"41"}\n\n')
      assert.match(text, /^HTTP\/1\.1 200 /)
      assert.equal(text.match(/\r\ncontent-type: text\/event-stream; charset=utf-8\r\n/gi)?.length, 1)
      assert.match(text, /\r\ncache-control: no-cache, no-transform\r\n/i)
      for (let count = 1; count <= 3; count++) {
        const seen = await client.until(`event: tick\nid: ${count}\ndata: {"count":${count}}\n\n`)
        assert.ok(!seen.includes(`"count":${count + 2}}`), 'two events arrived late')
      }
      client.disconnect()
      assert.deepEqual(await closedLines(target, 1), ['closed: client'])
    },
  },
  {
    name: 'notices it after a body that was parsed',
    async run(target) {
      const client = await RawClient.open(target.port, post, body)
      await client.until('{"name":"Ann","lastEventId":""}\n\n')
      await client.until('"count":2}')
      client.disconnect()
      assert.deepEqual(await closedLines(target, 2), ['closed: client', 'closed: client'])
    },
  },
  {
    name: 'reads a channel, with the options of its streams, and resumes',
    on: ({ name }) => ['Express', 'Fastify', 'Koa', 'Nest', 'Hono', 'Hono on Bun'].includes(name),
    async run({ port }) {
      const client = await RawClient.open(port, ['GET /clock HTTP/1.1'])
      const text = await client.until(/event: tick\nid: \S+\ndata: \{"count":\d+\}\n\n/)
      assert.match(text, /: heartbeat=\d+\nretry: 2000\n/)
      const [, id, count] = /event: tick\nid: (\S+)\ndata: \{"count":(\d+)\}/.exec(text)!
      client.disconnect()
      const back = await RawClient.open(port, ['GET /clock HTTP/1.1', `Last-Event-ID: ${id}`])
      const [, next] = /"count":(\d+)\}\n\n/.exec(await back.until(/"count":\d+\}\n\n/))!
      assert.equal(Number(next), Number(count) + 1)
      back.disconnect()
    },
  },
  {
    name: 'renders a page that misses nothing until it has connected, and nothing afterwards',
    on: ({ name }) => /^(Plain HTML|SvelteKit|Next)/.test(name),
    async run({ port }) {
      const url = `http://127.0.0.1:${port}/board`
      const add = async (text: string) => {
        const headers = { 'Content-Type': 'application/json' }
        const { status } = await fetch(`${url}/events`, { method: 'POST', headers, body: JSON.stringify({ text }) })
        assert.equal(status, 204)
      }
      await add('before')
      const browser = await launcher.launch({ executablePath: await chromium(), args: chromiumArgs })
      try {
        const page = await browser.newPage()
        const connected = Promise.withResolvers<void>()
        // The page has its state; its subscription has not begun.
        await page.route(/board\/events/, async (route) => {
          await add('in between')
          await route.continue()
          connected.resolve()
        })
        await page.goto(url)
        await connected.promise
        await page.getByText('in between').waitFor()
        await add('live')
        await page.getByText('live').waitFor()
        assert.deepEqual(await page.locator('li').allTextContents(), ['before', 'in between', 'live'])
      } finally {
        await browser.close()
      }
    },
  },
  {
    name: 'answers a HEAD request without opening a stream',
    async run(target) {
      const client = await RawClient.open(target.port, ['HEAD /events HTTP/1.1', 'Connection: close'])
      assert.match(await client.end(), /^HTTP\/1\.1 (200|404) (.|\r\n)*\r\n\r\n$/)
    },
  },
  {
    name: 'responds with 204 to a client whose stream is over for good',
    async run(target) {
      const client = await RawClient.open(target.port, [
        'GET /events HTTP/1.1',
        'Last-Event-ID: sse:end',
        'Connection: close',
      ])
      const head = await client.until('\r\n\r\n')
      assert.match(head, /^HTTP\/1\.1 204 /)
      assert.match(head, /\r\ncache-control: no-store\r\n/i)
      assert.equal(await client.end(), head)
    },
  },
]
