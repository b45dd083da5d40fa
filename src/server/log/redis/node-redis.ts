import type { Connect, NodeRedisLike } from './driver.ts'

/** What is used of a duplicate. */
interface Client extends NodeRedisLike {
  readonly isReady: boolean
  on(event: string, listener: () => void): unknown
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>
  unsubscribe(channel: string): Promise<unknown>
}

/** Connections of the `redis` package. */
export function connectNodeRedis(template: NodeRedisLike): Connect {
  return (onReady) => {
    // With its queue on, commands that we have given up would be sent after a reconnect. Its own type mapping is not for us.
    const client: Client = template.duplicate({ disableOfflineQueue: true, commandOptions: {} })
    client.on('error', () => {})
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
        try {
          client.destroy()
        } catch {} // it had given up reconnecting, and says so
      },
    }
  }
}
