import type { TestProject } from 'vitest/node'
import { RedisServer } from './redis-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** `undefined`: there is no Redis, and the tests are left out. */
    redisUrl: string | undefined
  }
}

/** `REDIS_URL`, or a server of our own for this run. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const url = process.env.REDIS_URL
  if (url !== undefined) {
    project.provide('redisUrl', url)
    return undefined
  }
  if (!RedisServer.installed) {
    if (process.env.CI) throw new Error('There is no redis-server: `npm run setup` installs it, or set REDIS_URL.')
    console.log('redis — left out: no REDIS_URL and no redis-server (`npm run setup` installs it)')
    project.provide('redisUrl', undefined)
    return undefined
  }
  const server = await RedisServer.start()
  project.provide('redisUrl', server.url)
  return () => server.stop()
}
