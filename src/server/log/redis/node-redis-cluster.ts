import type { Connect, NodeRedisLike } from './driver.ts'
import { closeNodeRedis } from './node-redis.ts'

/** The part of a duplicate that is used. */
interface Cluster extends NodeRedisLike {
  readonly isOpen: boolean
  on(event: string, listener: () => void): unknown
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>
  unsubscribe(channel: string): Promise<unknown>
}

const RECONNECT_DELAY = 500

/** Connections of the `redis` package to a Cluster. */
export function connectNodeRedisCluster(template: NodeRedisLike): Connect {
  return (onReady) => {
    const cluster: Cluster = template.duplicate({ commandOptions: {}, minimizeConnections: true })
    let timer: ReturnType<typeof setTimeout> | undefined
    let connected = false
    let destroyed = false
    cluster.on('error', () => {})
    // A node that was lost and is back may be the one that notifications come from.
    cluster.on('node-ready', () => {
      if (connected) onReady()
    })
    const connect = () => {
      cluster.connect().then(
        () => {
          connected = true
          if (destroyed) closeNodeRedis(cluster)
          else onReady()
        },
        // Unlike a client, a Cluster does not try again when it finds no node at first.
        () => {
          if (!destroyed) timer = setTimeout(connect, RECONNECT_DELAY)
        },
      )
    }
    connect()
    return {
      get ready() {
        return connected && cluster.isOpen
      },
      // EVAL or EVALSHA, the script, the number of keys, and the key that says which node.
      send: (command) => cluster.sendCommand(command[3], false, command),
      subscribe: (channel, onMessage) => cluster.subscribe(channel, onMessage),
      unsubscribe: (channel) => cluster.unsubscribe(channel),
      destroy: () => {
        destroyed = true
        clearTimeout(timer)
        // A Cluster that is destroyed while it connects keeps the connections that it is opening.
        if (connected) closeNodeRedis(cluster)
      },
    }
  }
}
