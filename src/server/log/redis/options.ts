import { invalidOption } from '../../../shared/errors.ts'
import type { RedisClientLike } from './driver.ts'

/** Options of `redisLog()`: where the log is and what it keeps. All processes that share a log use the same ones. */
export interface RedisLogOptions {
  /**
   * A client, Cluster or Sentinel of the package `redis` or `ioredis`. It is a template. The log opens two connections with its
   * options, one for commands and one for notifications, which all logs of this client share. It never uses or closes the client itself.
   */
  readonly client: RedisClientLike
  /** The name of the log: without braces. Its keys in Redis begin with `eventwire:{key}`. */
  readonly key: string
  /**
   * How many of the newest entries the log keeps.
   * @default 65_536
   */
  readonly maxEvents?: number | undefined
  /**
   * Retention time of an entry in milliseconds, by the clock of Redis.
   * @default Infinity
   */
  readonly maxAge?: number | undefined
  /**
   * Milliseconds after which Redis deletes a log that no process has appended to, read or followed. For logs that end, one for
   * each answer or job. A client that reconnects later receives a gap. Give more than `checkInterval`, which renews a followed log.
   * @default false
   */
  readonly expireAfter?: number | false | undefined
  /**
   * Milliseconds after which an append that Redis has not confirmed rejects. The event may have been appended.
   * @default 2_000
   */
  readonly timeout?: number | undefined
  /**
   * Limit of the events that wait for Redis, in characters. Above it `publish` rejects at once.
   * @default 16 Mi (16,777,216)
   */
  readonly maxBuffer?: number | undefined
  /**
   * Approximate size of the local cache of recent entries, in bytes. Live events and short replays are served from it.
   * @default 4 MiB (4,194,304)
   */
  readonly recentBytes?: number | undefined
  /**
   * Interval in milliseconds at which a followed log is checked for entries whose notification was lost, with one command
   * each. `false` switches it off.
   * @default 10_000
   */
  readonly checkInterval?: number | false | undefined
}

/** The options with their defaults, ages as the script takes them. */
export interface RedisLogSettings {
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

export function settingsOf(options: RedisLogOptions = {} as never): RedisLogSettings {
  const { client, key, maxEvents = 65_536, maxAge = Number.POSITIVE_INFINITY, expireAfter = false } = options
  const {
    timeout = 2_000,
    maxBuffer = 16 * 1024 * 1024,
    recentBytes = 4 * 1024 * 1024,
    checkInterval = 10_000,
  } = options
  if (typeof key !== 'string' || key === '' || /[{}]/.test(key)) {
    throw invalidOption('key', key, 'give a name without braces')
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
    if (typeof bound !== 'number' || !(bound > 0)) throw invalidOption(name, bound, 'give a positive number')
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
