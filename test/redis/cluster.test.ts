// Over a Redis Cluster a log keeps the same contract, each log in one slot, the logs spread over the nodes.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { redisLog } from '../../src/server/log/redis/index.ts'
import { freePort } from '../free-port.ts'
import { start } from '../programs.ts'
import { describeEventLog } from '../server/log/log-contract.ts'
import { clusters, newKey } from './clients.ts'
import { RedisServer } from './redis-server.ts'

/** Slots of a Cluster, and a third of them. */
const SLOTS = 16_384
const THIRD = Math.ceil(SLOTS / 3)

describe.skipIf(!RedisServer.installed)('a Cluster of three', () => {
  let folder: string
  const nodes: RedisServer[] = []
  const adminOf = (url: string) => createClient({ url })
  const admins: ReturnType<typeof adminOf>[] = []

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'eventwire-cluster-'))
    const busPorts: string[] = []
    for (const n of [0, 1, 2]) {
      busPorts.push(`${await freePort()}`)
      const cluster = ['--cluster-enabled', 'yes', '--cluster-port', busPorts[n]!, '--cluster-config-file', `${n}.conf`]
      const node = await RedisServer.start('--dir', folder, ...cluster)
      const admin = adminOf(node.url)
      nodes.push(node)
      admins.push(admin)
      await admin.connect()
      const last = Math.min((n + 1) * THIRD, SLOTS) - 1
      await admin.sendCommand(['CLUSTER', 'ADDSLOTSRANGE', `${n * THIRD}`, `${last}`])
    }
    for (const n of [1, 2]) {
      await admins[0]!.sendCommand(['CLUSTER', 'MEET', '127.0.0.1', `${nodes[n]!.port}`, busPorts[n]!])
    }
    for (const admin of admins) {
      await vi.waitFor(async () => {
        const info = await admin.sendCommand(['CLUSTER', 'INFO'])
        expect(info).toContain('cluster_state:ok')
        expect(info).toContain('cluster_known_nodes:3')
      }, 20_000)
    }
  }, 60_000)
  afterAll(async () => {
    for (const admin of admins) admin.destroy()
    for (const node of nodes) await node.stop()
    await rm(folder, { recursive: true })
  })

  for (const [name, connect] of Object.entries(clusters)) {
    describeEventLog(`with ${name}`, {
      open: ({ maxEvents }) => redisLog({ client: connect(nodes[0]!.url), key: newKey(), maxEvents }),
    })

    it.each(['publish', 'close'])(`leaves nothing open, with ${name}: %s`, { timeout: 20_000 }, async (what) => {
      const program = await start('node', ['test/redis/one-life.ts', 'cluster', name, nodes[0]!.url, what])
      expect(await program.exited()).toBe(0)
      expect(program.output()).toBe(what === 'publish' ? 'string\nclosed\n' : 'closed\n')
      expect(program.errors()).toBe('')
    })

    it(`spreads logs over its nodes, and events over its processes, with ${name}`, async () => {
      const count = 30
      const clients = [connect(nodes[0]!.url), connect(nodes[1]!.url)]
      const keys = Array.from({ length: count }, newKey)
      const logs = clients.map((client) => keys.map((key) => redisLog({ client, key })))
      const seen = keys.map(() => [] as string[])
      for (const [n, log] of logs[0]!.entries()) {
        log.follow(
          (entries) => seen[n]!.push(...entries.map(({ data }) => data)),
          () => seen[n]!.push('lost'),
        )
        await log.read(undefined, 0)
      }
      for (let round = 0; round < 5; round++) {
        await Promise.all(logs[1]!.map((log) => log.append([{ type: 'note', data: `${round}` }])))
      }
      for (const each of seen) await expect.poll(() => each, { timeout: 15_000 }).toEqual(['0', '1', '2', '3', '4'])
      const sizes = await Promise.all(admins.map((admin) => admin.dbSize()))
      for (const size of sizes) expect(size).toBeGreaterThan(0)
      for (const log of logs.flat()) await log.close()
    }, 20_000)
  }
})
