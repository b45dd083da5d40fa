// Over a client of Sentinel a log goes on after a failover: publishers and streams stay, and readers receive a gap.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createChannel } from '../../src/server/index.ts'
import { redisLog } from '../../src/server/log/redis/index.ts'
import { start } from '../programs.ts'
import { MASTER, newKey, sentinels } from './clients.ts'
import { RedisServer } from './redis-server.ts'
import { Scene } from './scene.ts'

const SLOW = { timeout: 60_000 }

async function ask({ url }: RedisServer, ...words: string[]): Promise<unknown> {
  const admin = await createClient({ url }).connect()
  const reply = await admin.sendCommand(words)
  admin.destroy()
  return reply
}

describe.skipIf(!RedisServer.installed).each(Object.entries(sentinels))(
  'a master and a replica, with %s',
  (name, connect) => {
    let folder: string
    let master: RedisServer
    let replica: RedisServer
    let sentinel: RedisServer
    const servers: RedisServer[] = []

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'eventwire-sentinel-'))
      master = await RedisServer.start('--dir', folder)
      servers.push(master)
      replica = await RedisServer.start('--dir', folder, '--replicaof', '127.0.0.1', `${master.port}`)
      servers.push(replica)
      await vi.waitFor(
        async () => expect(await ask(replica, 'INFO', 'replication')).toContain('master_link_status:up'),
        SLOW,
      )
      sentinel = await RedisServer.startSentinel(folder, MASTER, master)
      servers.push(sentinel)
      await vi.waitFor(async () => expect(await ask(sentinel, 'SENTINEL', 'REPLICAS', MASTER)).toHaveLength(1), SLOW)
    })
    afterAll(async () => {
      for (const server of servers) await server.stop()
      await rm(folder, { recursive: true })
    })

    it.each(['publish', 'close'])('leaves nothing open: %s', SLOW, async (what) => {
      const program = await start('node', ['test/redis/one-life.ts', 'sentinel', name, `${sentinel.port}`, what])
      expect(await program.exited()).toBe(0)
      expect(program.output()).toBe(what === 'publish' ? 'string\nclosed\n' : 'closed\n')
      expect(program.errors()).toBe('')
    })

    it('waits for the Sentinel', SLOW, async () => {
      await sentinel.stop()
      const log = redisLog({ client: connect(sentinel.port), key: newKey(), timeout: 15_000 })
      const channel = createChannel<{ note: number }>({ log })
      const published = channel.publish('note', 1)
      await sentinel.start()
      expect(await published).toMatch(/\./)
      await channel.close()
      await log.close()
    })

    it('goes on with the replica when the master dies, and reports a gap to readers', async () => {
      const scene = new Scene((key) => ({ client: connect(sentinel.port), key, timeout: 10_000 }))
      await scene.begin()
      await scene.untilAccepted(100)
      await master.stop()
      await scene.untilAccepted(100)
      expect(await scene.end()).toEqual(Array(6).fill(['epoch']))
      expect(await ask(replica, 'EXISTS', `eventwire:{${scene.key}}`)).toBe(1)
      await scene.close()
    })
  },
)
