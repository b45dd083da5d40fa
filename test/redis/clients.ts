import { Cluster, Redis } from 'ioredis'
import { Cluster as Cluster5, Redis as Redis5 } from 'ioredis-5'
import { createClient, createCluster, createSentinel } from 'redis'
import { createClient as createClient4, createCluster as createCluster4 } from 'redis-4'
import { createClient as createClient5, createCluster as createCluster5 } from 'redis-5'
import type { RedisClientLike } from '../../src/server/log/redis/index.ts'

/** A client of each package, for redisLog(): a template, so it need not be connected. */
export const clients: { readonly [name: string]: (url: string) => RedisClientLike } = {
  redis: (url) => createClient({ url, socket: { reconnectStrategy: 20 } }),
  ioredis: (url) => new Redis(url, { lazyConnect: true, retryStrategy: () => 20 }),
}

/** The same of each major version that the package's peer range allows. */
export const versions: typeof clients = {
  'redis 4': (url) => createClient4({ url, socket: { reconnectStrategy: 20 } }),
  'redis 5': (url) => createClient5({ url, socket: { reconnectStrategy: 20 } }),
  'redis 6': clients.redis!,
  'ioredis 5': (url) => new Redis5(url, { lazyConnect: true, retryStrategy: () => 20 }),
  'ioredis 6': clients.ioredis!,
}

/** The same for a Cluster. */
export const clusters: typeof clients = {
  'redis 4': (url) => createCluster4({ rootNodes: [{ url }] }),
  'redis 5': (url) => createCluster5({ rootNodes: [{ url }] }),
  'redis 6': (url) => createCluster({ rootNodes: [{ url }] }),
  'ioredis 5': (url) => new Cluster5([url], { lazyConnect: true }),
  'ioredis 6': (url) => new Cluster([url], { lazyConnect: true }),
}

/** The name under which Sentinels know the master. */
export const MASTER = 'main'

/** The same for the master that a Sentinel on this port names. */
export const sentinels: { readonly [name: string]: (port: number | string) => RedisClientLike } = {
  'redis 6': (port) => createSentinel({ name: MASTER, sentinelRootNodes: [{ host: '127.0.0.1', port: Number(port) }] }),
  'ioredis 5': (port) => new Redis5(ofSentinel(port)),
  'ioredis 6': (port) => new Redis(ofSentinel(port)),
}

function ofSentinel(port: number | string) {
  const retry = () => 50
  const sentinel = { host: '127.0.0.1', port: Number(port) }
  return { name: MASTER, sentinels: [sentinel], lazyConnect: true, retryStrategy: retry, sentinelRetryStrategy: retry }
}

export function newKey(): string {
  return `test-${crypto.randomUUID()}`
}

/** For logs in a Redis that may not be ours: they go by themselves. */
export const A_MINUTE = 60_000
