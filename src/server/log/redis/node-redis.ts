import type { Connect, NodeRedisLike } from './driver.ts'

/** The part of a duplicate that is used. */
interface NodeRedisClient extends NodeRedisLike {
  readonly isReady: boolean
  on(event: string, listener: () => void): unknown
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>
  unsubscribe(channel: string): Promise<unknown>
}

/** Connections of the `redis` package to one server. */
export function connectNodeRedis(template: NodeRedisLike): Connect {
  return (onReady) => {
    // With its queue on, commands that we have given up would be sent after a reconnect. Its own type mapping is not for us.
    const client: NodeRedisClient = template.duplicate({ disableOfflineQueue: true, commandOptions: {} })
    let destroyed = false
    // `redis` 4 to 6 finish opening a socket that is destroyed meanwhile, and then keep it. So that waits for the outcome.
    let dialing = true
    const dialed = () => {
      dialing = false
      if (destroyed) closeNodeRedis(client)
    }
    // `redis` 4 leaves rejections unhandled when it is closed in the middle of its handshake.
    client.on('destroy' in client ? 'connect' : 'ready', dialed)
    client.on('error', dialed)
    client.on('reconnecting', () => {
      dialing = !destroyed
    })
    client.on('ready', onReady)
    client.connect().catch(() => {})
    return {
      get ready() {
        return client.isReady
      },
      send: (command) => client.sendCommand(command),
      subscribe: (channel, onMessage) => client.subscribe(channel, onMessage),
      unsubscribe: (channel) => client.unsubscribe(channel),
      destroy: () => {
        destroyed = true
        if (!dialing) closeNodeRedis(client)
      },
    }
  }
}

/** Closes a client or Cluster without waiting for its commands: `redis` 4 calls that `disconnect`. */
export function closeNodeRedis(client: any): void {
  try {
    // A promise in some versions, which rejects where others throw: the client had closed itself.
    Promise.resolve((client.destroy ?? client.disconnect).call(client)).catch(() => {})
  } catch {}
}
