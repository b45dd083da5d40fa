import type { Connect, NodeRedisLike, RedisConnection } from './driver.ts'
import { closeNodeRedis, connectNodeRedis } from './node-redis.ts'

/** The part of a duplicate that is used. */
interface Sentinel extends NodeRedisLike {
  on(event: string, listener: (change: { type?: string }) => void): unknown
  /** Calls back with the client of the master, once there is one. */
  _execute(isReadonly: false, use: (master: NodeRedisLike) => Promise<void>): Promise<unknown>
}

const RETRY = 500
/** Milliseconds between two looks whether the master is connected. The second look in vain asks the Sentinels anew. */
const LOOK = 2_000

/**
 * Connections of the `redis` package to the master that Sentinels name. Its Sentinel client repeats commands that were under way
 * and hides reconnections. So it only finds the master here, and commands go over a plain client with the same options.
 */
export function connectNodeRedisSentinel(template: NodeRedisLike): Connect {
  return (onReady) => {
    let sentinel: Sentinel
    let master: RedisConnection | undefined
    let timer: ReturnType<typeof setTimeout> | undefined
    let destroyed = false
    let looks = 0

    const follow = async (from: Sentinel) => {
      master?.destroy()
      master = undefined
      await from._execute(false, async (client) => {
        if (destroyed || from !== sentinel) return
        master?.destroy()
        master = connectNodeRedis(client)(onReady)
      })
    }
    const open = () => {
      const opened: Sentinel = template.duplicate()
      sentinel = opened
      opened.on('error', () => {})
      opened.on('topology-change', ({ type }) => {
        if (type === 'MASTER_CHANGE' && opened === sentinel) follow(opened).catch(() => {})
      })
      opened.connect().catch(() => {
        clearTimeout(timer)
        if (opened === sentinel && !destroyed) timer = setTimeout(open, RETRY)
      })
    }
    // A Sentinel client that has found no Sentinel for some seconds does not try again by itself.
    const look = setInterval(() => {
      looks = master === undefined || master.ready ? 0 : looks + 1
      if (looks < 2) return
      looks = 0
      closeNodeRedis(sentinel)
      open()
    }, LOOK)
    open()
    return {
      get ready() {
        return master?.ready === true
      },
      send: async (command) => master!.send(command),
      subscribe: async (channel, onMessage) => master!.subscribe(channel, onMessage),
      unsubscribe: async (channel) => master?.unsubscribe(channel),
      destroy: () => {
        destroyed = true
        clearTimeout(timer)
        clearInterval(look)
        master?.destroy()
        closeNodeRedis(sentinel)
      },
    }
  }
}
