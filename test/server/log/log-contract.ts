import { describe, it } from 'vitest'
import { type EventLogTestsOptions, eventLogTests } from '../../../src/testing/index.ts'

/** The contract of EventLog; each implementation runs all of it. */
export function describeEventLog(name: string, options: EventLogTestsOptions): void {
  describe(name, () => {
    for (const { name, run } of eventLogTests(options)) it(name, run)
  })
}
