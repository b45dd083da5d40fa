import { EventwireError } from '../../../shared/errors.ts'
import { Commands } from './commands.ts'
import type { Connect, RedisClientLike } from './driver.ts'
import { connectIORedis } from './ioredis.ts'
import { connectNodeRedis } from './node-redis.ts'
import { connectNodeRedisCluster } from './node-redis-cluster.ts'
import { connectNodeRedisSentinel } from './node-redis-sentinel.ts'
import { Subscriber } from './subscriber.ts'

/** The two connections that all logs of a client share. */
export interface SharedConnections {
  readonly commands: Commands
  readonly subscriber: Subscriber
}

interface CountedConnections extends SharedConnections {
  users: number
}

const connectionsOf = new WeakMap<RedisClientLike, CountedConnections>()

/** Joins the connections of a client. The first log opens them, the last one closes them. */
export function acquireConnections(client: RedisClientLike): SharedConnections {
  let connections = connectionsOf.get(client)
  if (connections === undefined) {
    const connect = connectorOf(client)
    connections = { commands: new Commands(connect), subscriber: new Subscriber(connect), users: 0 }
    connectionsOf.set(client, connections)
  }
  connections.users++
  return connections
}

/** Called once by each log that joined. */
export function releaseConnections(client: RedisClientLike): void {
  const connections = connectionsOf.get(client)
  if (connections === undefined) return
  connections.users--
  if (connections.users > 0) return
  connectionsOf.delete(client)
  connections.commands.destroy()
  connections.subscriber.destroy()
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
