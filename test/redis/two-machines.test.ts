import { accessSync } from 'node:fs'
import { afterEach, describe, expect, inject, it } from 'vitest'
import { type Subscription, subscribe } from '../../src/client/index.ts'
import { freePort } from '../free-port.ts'
import { type Running, root, start } from '../programs.ts'

interface Events {
  said: { text: string; at: string }
}

const redis = inject('redisUrl')
const hasNginx = ['/usr/sbin/nginx', '/usr/bin/nginx', '/usr/local/bin/nginx'].some((path) => {
  try {
    accessSync(path)
    return true
  } catch {
    return false
  }
})
if (!hasNginx && process.env.CI) throw new Error('There is no nginx: `npm run setup` installs it.')

describe.skipIf(redis === undefined || !hasNginx)('the two-machines example', () => {
  const open: Subscription<Events>[] = []
  let running: Running

  afterEach(async () => {
    for (const subscription of open.splice(0)) subscription.close()
    await running.stop()
  })

  it('brings what is said on one machine to the clients of both, and goes on where a client was', async () => {
    const port = await freePort(3)
    running = await start('node', ['examples/two-machines/start.ts'], { PORT: `${port}`, REDIS_URL: redis! }, root)
    await running.line(/http:\/\/localhost:\d+/)
    const url = `http://127.0.0.1:${port}`
    const clients = Array.from({ length: 4 }, () => subscribe<Events>(`${url}/events`))
    open.push(...clients)
    const texts: string[][] = clients.map(() => [])
    const gaps: string[] = []
    for (const [index, client] of clients.entries()) {
      client.on('said', ({ text }) => texts[index]!.push(text))
      client.onGap(({ reason }) => gaps.push(reason))
      await client.opened
    }
    const machines = clients.map(({ state }) => {
      const now = state.get()
      return now.status === 'open' ? now.headers.get('X-Machine') : undefined
    })
    expect(new Set(machines)).toEqual(new Set(['machine 1', 'machine 2']))

    const said = Array.from({ length: 20 }, (_, n) => `${n}`)
    for (const text of said) {
      expect((await fetch(`${url}/say?text=${text}`, { method: 'POST' })).status).toBe(204)
      if (text === '10') clients[0]!.reconnect()
    }
    for (const each of texts) await expect.poll(() => each).toEqual(said)
    expect(gaps).toEqual([])
    for (const subscription of open.splice(0)) subscription.close()
    expect(await running.stop()).toBe(0)
    expect(running.errors()).toBe('')
  })
})
