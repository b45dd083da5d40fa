import { RedisServer } from './redis-server.ts'

/** A Redis for the tests of this run. */
export interface Redis {
  readonly url: string
  stop(): Promise<void>
}

/** `REDIS_URL`, or a server of our own; `undefined`, said aloud, when there is neither and what asks for it is left out. */
export async function redisOfThisRun(): Promise<Redis | undefined> {
  const url = process.env.REDIS_URL
  if (url !== undefined) return { url, stop: async () => {} }
  if (RedisServer.installed) return RedisServer.start()
  if (process.env.CI) throw new Error('There is no redis-server: `npm run setup` installs it, or set REDIS_URL.')
  console.log('redis — left out: no REDIS_URL and no redis-server (`npm run setup` installs it)')
  return undefined
}
