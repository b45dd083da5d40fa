/**
 * One history for many machines: a log in Redis, over `redis` or `ioredis`.
 *
 * @module
 */

import type { EventLog } from '../event-log.ts'
import type { RedisLogOptions } from './options.ts'
import { openRedisLog } from './redis-log.ts'

// biome-ignore lint/style/noRestrictedImports: the compiler names inferred types by this entry.
export type {} from '../../index.ts'
export type { RedisClientLike } from './driver.ts'
export type { RedisLogOptions } from './options.ts'

/**
 * A log in Redis 7 or newer (or Valkey): channels of several processes over the same key are one channel. Give it to
 * `createChannel`, and close it after the channel; it closes its connections, not the client.
 *
 * Its methods fail with `log-failed` when Redis does not respond within `timeout` (30 s for a read) or more than `maxBuffer` waits for it.
 * They fail with `closed` once the log is closed, and for an entry behind its end.
 *
 * @example
 * import { redisLog } from 'eventwire/redis'
 * import { createChannel } from 'eventwire/server'
 * import { createClient } from 'redis'
 *
 * const client = createClient({ url: process.env.REDIS_URL! })
 * const log = redisLog({ client, key: 'chat', maxEvents: 10_000 })
 * const channel = createChannel<{ message: string }>({ log })
 * setInterval(() => channel.publish('message', new Date().toISOString()), 1000)
 *
 * export default { fetch: (request: Request) => channel.response(request) }
 *
 * @throws {EventwireError} `invalid-option` for an option that makes no sense, or a client that the log cannot duplicate.
 */
export function redisLog(options: RedisLogOptions): EventLog {
  return openRedisLog(options)
}
