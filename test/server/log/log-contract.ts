import { describe, it } from 'vitest'
import { eventLogTests } from '../../../src/testing/index.ts'

/** The contract of EventLog; each implementation runs all of it. */
export function describeEventLog(name: string, options: Parameters<typeof eventLogTests>[0]): void {
  describe(name, () => {
    for (const { name, run } of eventLogTests(options)) it(name, run)
  })
}
