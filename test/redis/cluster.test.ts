// Over a Redis Cluster a log keeps the same contract, each log in one slot, the logs spread over the nodes.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { redisLog } from '../../src/server/log/redis/index.ts'
import { start } from '../programs.ts'
import { describeEventLog } from '../server/log/log-contract.ts'
import { clusters, newKey } from './clients.ts'
import { type ClusterNode, startCluster } from './redis-cluster.ts'
import { RedisServer } from './redis-server.ts'

describe.skipIf(!RedisServer.installed)('a Cluster of three', () => {
  let folder: string
  let nodes: ClusterNode[]
  let urls: string[]

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'eventwire-cluster-'))
    nodes = await startCluster(folder)
    urls = nodes.map(({ server }) => server.url)
  })
  afterAll(async () => {
    for (const node of nodes) await node.stop()
    await rm(folder, { recursive: true })
  })

  for (const [name, connect] of Object.entries(clusters)) {
    describeEventLog(`with ${name}`, {
      open: ({ maxEvents }) => redisLog({ client: connect(urls[0]!), key: newKey(), maxEvents }),
    })

    it.each(['publish', 'close'])(`leaves nothing open, with ${name}: %s`, async (what) => {
      const program = await start('node', ['test/redis/one-life.ts', 'cluster', name, urls[0]!, what])
      expect(await program.exited()).toBe(0)
      expect(program.output()).toBe(what === 'publish' ? 'string\nclosed\n' : 'closed\n')
      expect(program.errors()).toBe('')
    })

    it(`spreads logs over its nodes, and events over its processes, with ${name}`, async () => {
      const count = 30
      const clients = [connect(urls[0]!), connect(urls[1]!)]
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
      for (const each of seen) await expect.poll(() => each).toEqual(['0', '1', '2', '3', '4'])
      const sizes = await Promise.all(nodes.map((node) => node.ask('DBSIZE')))
      for (const size of sizes) expect(size).toBeGreaterThan(0)
      for (const log of logs.flat()) await log.close()
    })
  }
})
