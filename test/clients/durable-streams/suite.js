// The public tests, as their own version of Vitest runs them.
import { runConformanceTests } from '@durable-streams/server-conformance-tests'

runConformanceTests({ baseUrl: process.env.SERVER_URL, longPollTimeoutMs: Number(process.env.WAIT) })
