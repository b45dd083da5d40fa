// When a master of a Cluster dies, its replica takes over: publishers go on, streams stay open, and readers receive a gap.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, type TestContext } from 'vitest'
import { clusters } from './clients.ts'
import { type ClusterNode, masterOf, startCluster } from './redis-cluster.ts'
import { RedisServer } from './redis-server.ts'
import { Scene } from './scene.ts'

// Each client has a Cluster of its own. Most of a failover is waiting, so they wait at the same time.
describe.skipIf(!RedisServer.installed)('three masters with a replica each', () => {
  it.concurrent.for(Object.entries(clusters))(
    'go on when the master of the log dies, and send readers a gap, with %s',
    { timeout: 120_000 },
    async ([, connect], { onTestFinished }) => {
      const nodes = await cluster(onTestFinished)
      const scene = new Scene((key) => ({ client: connect(nodes[3]!.server.url), key, timeout: 15_000 }))
      await scene.begin()
      await scene.untilAccepted(100)
      const base = `eventwire:{${scene.key}}`
      const master = await masterOf(nodes, base)
      await nodes[master]!.stop()
      await scene.untilAccepted(100)
      expect(await scene.end()).toEqual(Array(6).fill(['epoch']))
      expect(await nodes[master + 3]!.ask('EXISTS', base)).toBe(1)
      await scene.close()
    },
  )
})

async function cluster(onTestFinished: TestContext['onTestFinished']): Promise<ClusterNode[]> {
  const folder = await mkdtemp(join(tmpdir(), 'eventwire-failover-'))
  const nodes = await startCluster(folder, true)
  onTestFinished(async () => {
    for (const node of nodes) await node.stop()
    await rm(folder, { recursive: true })
  })
  return nodes
}
