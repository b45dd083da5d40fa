import type { TestProject } from 'vitest/node'
import { redisOfThisRun } from './redis-of-this-run.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** `undefined` without a Redis: the tests are skipped. */
    redisUrl: string | undefined
  }
}

/** One Redis for the whole project. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const redis = await redisOfThisRun()
  project.provide('redisUrl', redis?.url)
  return redis && (() => redis.stop())
}
