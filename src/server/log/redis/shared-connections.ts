import { EventwireError } from '../../../shared/errors.ts'
import { Commands } from './commands.ts'
import type { Connect, RedisClientLike } from './driver.ts'
import { connectIORedis } from './ioredis.ts'
import { connectNodeRedis } from './node-redis.ts'
import { connectNodeRedisCluster } from './node-redis-cluster.ts'
import { connectNodeRedisSentinel } from './node-redis-sentinel.ts'
import { Subscriber } from './subscriber.ts'

/** The two connections that all logs of a client share. */
export interface Hub {
  readonly commands: Commands
  readonly subscriber: Subscriber
}

interface SharedHub extends Hub {
  users: number
}

const hubs = new WeakMap<RedisClientLike, SharedHub>()

/** Joins the connections of a client. The first log opens them, the last one closes them. */
export function joinHub(client: RedisClientLike): Hub {
  let hub = hubs.get(client)
  if (hub === undefined) {
    const connect = connectorOf(client)
    hub = { commands: new Commands(connect), subscriber: new Subscriber(connect), users: 0 }
    hubs.set(client, hub)
  }
  hub.users++
  return hub
}

/** Called once by each log that joined. */
export function leaveHub(client: RedisClientLike): void {
  const hub = hubs.get(client)
  if (hub === undefined) return
  hub.users--
  if (hub.users > 0) return
  hubs.delete(client)
  hub.commands.destroy()
  hub.subscriber.destroy()
}

/** @throws {EventwireError} `invalid-option` for anything that the two connections cannot be made from. */
function connectorOf(client: RedisClientLike): Connect {
  const has = (method: string) => typeof (client as any)?.[method] === 'function'
  const template = client as any
  if (has('duplicate') && has('call')) return connectIORedis(template)
  if (has('duplicate') && has('nodeClient')) return connectNodeRedisCluster(template)
  if (has('duplicate') && has('getSentinelNode')) return connectNodeRedisSentinel(template)
  if (has('duplicate') && has('sendCommand')) return connectNodeRedis(template)
  throw new EventwireError('invalid-option', refusal(client, has))
}

function refusal(client: unknown, has: (method: string) => boolean): string {
  if (has('getSentinelNode')) {
    return 'client is a Sentinel of redis 5, which cannot be duplicated; give one of redis 6, or of ioredis with `sentinels`'
  }
  if (has('execute') && has('sendCommand')) {
    return 'client is a pool; give what createClient() makes of the same options, the log opens two connections'
  }
  return `client is ${client}; give a client of the package redis or ioredis`
}
