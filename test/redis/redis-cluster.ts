import { createClient } from 'redis'
import { expect, vi } from 'vitest'
import { freePort } from '../free-port.ts'
import { RedisServer } from './redis-server.ts'

/** Slots of a Cluster, and a third of them. */
const SLOTS = 16_384
const THIRD = Math.ceil(SLOTS / 3)

/** A node of a Cluster and a client that commands it. */
export class ClusterNode {
  readonly server: RedisServer
  readonly busPort: string
  readonly #admin: ReturnType<typeof clientOf>

  private constructor(server: RedisServer, busPort: string, admin: ReturnType<typeof clientOf>) {
    this.server = server
    this.busPort = busPort
    this.#admin = admin
  }

  static async start(folder: string, name: string): Promise<ClusterNode> {
    const busPort = `${await freePort()}`
    const options = ['--cluster-enabled', 'yes', '--cluster-port', busPort, '--cluster-config-file', `${name}.conf`]
    const server = await RedisServer.start('--dir', folder, '--cluster-node-timeout', '2000', ...options)
    const admin = clientOf(server.url)
    admin.on('error', () => {}) // the tests stop nodes
    await admin.connect()
    return new ClusterNode(server, busPort, admin)
  }

  ask(...words: string[]): Promise<unknown> {
    return this.#admin.sendCommand(words)
  }

  async stop(): Promise<void> {
    this.#admin.destroy()
    await this.server.stop()
  }
}

const clientOf = (url: string) => createClient({ url })

/** Three masters with a third of the slots each; with replicas, one for each of them, behind the masters. */
export async function startCluster(folder: string, withReplicas: boolean = false): Promise<ClusterNode[]> {
  const count = withReplicas ? 6 : 3
  const nodes: ClusterNode[] = []
  for (let n = 0; n < count; n++) nodes.push(await ClusterNode.start(folder, `${n}`))
  const [first] = nodes
  for (const n of [0, 1, 2]) {
    const last = Math.min((n + 1) * THIRD, SLOTS) - 1
    await nodes[n]!.ask('CLUSTER', 'ADDSLOTSRANGE', `${n * THIRD}`, `${last}`)
  }
  for (const { server, busPort } of nodes.slice(1)) {
    await first!.ask('CLUSTER', 'MEET', '127.0.0.1', `${server.port}`, busPort)
  }
  await eachHas(nodes, 'CLUSTER INFO', 'cluster_state:ok', `cluster_known_nodes:${count}`)
  for (const [n, replica] of nodes.slice(3).entries()) {
    await replica.ask('CLUSTER', 'REPLICATE', `${await nodes[n]!.ask('CLUSTER', 'MYID')}`)
  }
  await eachHas(nodes.slice(3), 'INFO replication', 'master_link_status:up')
  return nodes
}

/** Which of the three masters has the slot of a key. */
export async function masterOf([first]: ClusterNode[], key: string): Promise<number> {
  return Math.floor(Number(await first!.ask('CLUSTER', 'KEYSLOT', key)) / THIRD)
}

async function eachHas(nodes: readonly ClusterNode[], question: string, ...words: string[]): Promise<void> {
  for (const node of nodes) {
    await vi.waitFor(
      async () => {
        const reply = await node.ask(...question.split(' '))
        for (const word of words) expect(reply).toContain(word)
      },
      { timeout: 60_000 },
    )
  }
}
