import { EventwireError } from '../../../shared/errors.ts'
import type { RedisClientLike } from './driver.ts'

/**
 * Where a `redisLog()` lives and what it keeps. All processes that share a log give the same.
 *
 * @example
 * import { type RedisLogOptions, redisLog } from 'eventwire/redis'
 * import { createClient } from 'redis'
 *
 * const client = createClient({ url: process.env.REDIS_URL! })
 * const options: RedisLogOptions = { client, key: 'jobs:7', maxEvents: 1_000, expireAfter: 3_600_000 }
 * const log = redisLog(options)
 * const { next } = await log.read(undefined, 0)
 * await log.append([{ type: 'progress', data: '50' }])
 * console.log((await log.read(next, 100)).entries.map(({ data }) => data)) // -> [ '50' ]
 * await log.close()
 */
export interface RedisLogOptions {
  /**
   * A client of the package `redis` or `ioredis`. It is a template: the log opens two connections with its options (one for
   * commands, one for notifications), shared by all logs of this client, and never uses or closes the client itself.
   */
  readonly client: RedisClientLike
  /** The name of the log: without braces. It keeps `eventwire:{key}` and `eventwire:{key}:life`. */
  readonly key: string
  /**
   * The most entries that can be read again.
   * @default 65_536
   */
  readonly maxEvents?: number | undefined
  /**
   * Milliseconds after which an entry is forgotten, by the clock of Redis.
   * @default Infinity
   */
  readonly maxAge?: number | undefined
  /**
   * Milliseconds after which Redis deletes a log that nobody has appended to, read or followed: for logs that end, one for each
   * answer or job. Clients that come back later are told of a gap. Longer than `checkInterval`, which keeps a followed log.
   * @default false
   */
  readonly expireAfter?: number | false | undefined
  /**
   * Milliseconds that an event may take to be appended; then `publish` rejects, and it may have happened.
   * @default 2_000
   */
  readonly timeout?: number | undefined
  /**
   * Characters of events that may wait for Redis at a time; beyond that `publish` rejects at once.
   * @default 16 Mi (16,777,216)
   */
  readonly maxBuffer?: number | undefined
  /**
   * About so many bytes of the newest entries are kept in this process, so that live events and short replays ask Redis for
   * nothing.
   * @default 4 MiB (4,194,304)
   */
  readonly recentBytes?: number | undefined
  /**
   * Milliseconds between two looks whether something has come that was not notified, one command each; `false` for none.
   * @default 10_000
   */
  readonly checkInterval?: number | false | undefined
}

/** The options with their defaults, ages as the scripts want them. */
export interface Settings {
  readonly client: RedisClientLike
  readonly key: string
  readonly maxEvents: number
  readonly age: number
  readonly maxAge: string
  readonly expireAfter: string
  readonly timeout: number
  readonly maxBuffer: number
  readonly recentBytes: number
  readonly checkInterval: number | false
}

export function settingsOf(options: RedisLogOptions): Settings {
  const { client, key, maxEvents = 65_536, maxAge = Number.POSITIVE_INFINITY, expireAfter = false } = options
  const {
    timeout = 2_000,
    maxBuffer = 16 * 1024 * 1024,
    recentBytes = 4 * 1024 * 1024,
    checkInterval = 10_000,
  } = options
  if (typeof key !== 'string' || key === '' || /[{}]/.test(key)) {
    throw new EventwireError('invalid-option', `key is ${JSON.stringify(key)}; give a name without braces`)
  }
  for (const [name, bound] of Object.entries({
    maxEvents,
    maxAge,
    expireAfter,
    timeout,
    maxBuffer,
    recentBytes,
    checkInterval,
  })) {
    if (bound === false && (name === 'expireAfter' || name === 'checkInterval')) continue
    if (typeof bound !== 'number' || !(bound > 0))
      throw new EventwireError('invalid-option', `${name} is ${bound}; give a positive number`)
  }
  return {
    client,
    key,
    maxEvents: Math.ceil(maxEvents),
    age: maxAge,
    maxAge: maxAge === Number.POSITIVE_INFINITY ? '' : `${Math.ceil(maxAge)}`,
    expireAfter: expireAfter === false || expireAfter === Number.POSITIVE_INFINITY ? '' : `${Math.ceil(expireAfter)}`,
    timeout,
    maxBuffer,
    recentBytes,
    checkInterval,
  }
}
