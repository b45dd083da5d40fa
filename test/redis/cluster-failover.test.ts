// When a master of a Cluster dies, its replica takes over: publishers go on, streams stay open, and readers receive a gap.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { clusters } from './clients.ts'
import { type ClusterNode, masterOf, startCluster } from './redis-cluster.ts'
import { RedisServer } from './redis-server.ts'
import { Scene } from './scene.ts'

describe.skipIf(!RedisServer.installed).each(Object.entries(clusters))(
  'three masters with a replica each, with %s',
  (_, connect) => {
    let folder: string
    let nodes: ClusterNode[]

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'eventwire-failover-'))
      nodes = await startCluster(folder, true)
    }, 60_000)
    afterEach(async () => {
      for (const node of nodes) await node.stop()
      await rm(folder, { recursive: true })
    })

    it('go on when the master of the log dies, and send readers a gap', { timeout: 90_000 }, async () => {
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
    })
  },
)
