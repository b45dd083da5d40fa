// The shutdown example ends 1,000 streams properly over its window, each with its own retry, and exits by itself.
import { describe, expect, it } from 'vitest'
import { RawClient } from '../node/raw-client.ts'
import { start } from '../programs.ts'

const CLIENTS = 1_000
const WINDOW = 1_500

describe('the shutdown example', () => {
  it('drains 1,000 streams on SIGTERM', async () => {
    const server = await start('node', ['examples/shutdown/server.ts'], { PORT: '0', WINDOW: String(WINDOW) })
    const port = Number((await server.line(/http:\/\/localhost:(\d+)/))[1])
    const clients: RawClient[] = []
    while (clients.length < CLIENTS) {
      clients.push(...(await Promise.all(Array.from({ length: 100 }, () => RawClient.open(port)))))
    }
    await Promise.all(clients.map((client) => client.until('heartbeat')))

    const ends: number[] = []
    const texts = clients.map(async (client) => {
      const text = await client.end()
      ends.push(performance.now())
      return text
    })
    const asked = performance.now()
    const exited = server.stop('SIGTERM')
    const retries = (await Promise.all(texts)).map((text) => /\nretry: (\d+)\n\n\r\n0\r\n\r\n$/.exec(text)?.[1])

    expect(retries).not.toContain(undefined)
    expect(new Set(retries).size).toBeGreaterThan(CLIENTS / 2)
    // The last one ends with the window. How evenly the others do is for a test that knows when the machine was late.
    expect(Math.max(...ends) - asked).toBeGreaterThan(WINDOW * 0.9)
    expect(new Set(ends.map((at) => Math.floor(at / 50))).size).toBeGreaterThan(2)
    expect(await exited).toBe(0)
    expect(server.errors()).toBe('')
  })
})
