import type { Connect, IORedisLike } from './driver.ts'

/** The part of a duplicate that is used. */
interface IORedisClient extends IORedisLike {
  readonly status: string
  on(event: string, listener: (...details: any[]) => void): unknown
  subscribe(channel: string): Promise<unknown>
  unsubscribe(channel: string): Promise<unknown>
}

/** With the queues on, a command that we have given up would be sent after a reconnect, some of them a second time. */
const NO_QUEUE = {
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  maxRetriesPerRequest: 0,
  lazyConnect: false,
}

/** A Cluster repeats by itself only the commands that a failover interrupted. Its queue is needed: it connects to a node on first use. */
const NO_REPETITION = { retryDelayOnFailover: 0, lazyConnect: false }

/** Connections of `ioredis`, to one server or to a Cluster. */
export function connectIORedis(template: IORedisLike): Connect {
  const isCluster = 'nodes' in template
  return (onReady) => {
    const client: IORedisClient = isCluster ? template.duplicate([], NO_REPETITION) : template.duplicate(NO_QUEUE)
    const listeners = new Map<string, (text: string) => void>()
    client.on('error', () => {})
    client.on('ready', onReady)
    if (isCluster) client.on('+node', onReady)
    client.on('message', (channel: string, text: string) => listeners.get(channel)?.(text))
    return {
      get ready() {
        return client.status === 'ready'
      },
      send: ([name, ...rest]) => client.call(name!, ...rest),
      subscribe: (channel, onMessage) => {
        listeners.set(channel, onMessage)
        return client.subscribe(channel)
      },
      unsubscribe: (channel) => {
        listeners.delete(channel)
        return client.unsubscribe(channel)
      },
      destroy: () => client.disconnect(),
    }
  }
}
