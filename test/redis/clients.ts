import { Cluster, Redis } from 'ioredis'
import { createClient, createCluster } from 'redis'
import type { RedisClientLike } from '../../src/server/log/redis/index.ts'

/** A client of each package, for redisLog(): a template, so it need not be connected. */
export const clients: { readonly [name: string]: (url: string) => RedisClientLike } = {
  redis: (url) => createClient({ url, socket: { reconnectStrategy: 20 } }),
  ioredis: (url) => new Redis(url, { lazyConnect: true, retryStrategy: () => 20 }),
}

/** The same for a Cluster. */
export const clusters: { readonly [name: string]: (url: string) => RedisClientLike } = {
  redis: (url) => createCluster({ rootNodes: [{ url }] }),
  ioredis: (url) => new Cluster([url], { lazyConnect: true }),
}

export function newKey(): string {
  return `test-${crypto.randomUUID()}`
}

/** For logs in a Redis that may not be ours: they go by themselves. */
export const A_MINUTE = 60_000
