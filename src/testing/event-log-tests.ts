import type { EventLog } from '../server/log/event-log.ts'
import { appending } from './log/appending.ts'
import { following } from './log/following.ts'
import { reading } from './log/reading.ts'
import { LogUnderTest } from './log/under-test.ts'

/**
 * Lists the tests that every `EventLog` has to pass, for a log of your own. They need no test runner: call `run()` of each
 * within a test of your own runner.
 *
 * @example
 * import { memoryLog } from 'eventwire/server'
 * import { eventLogTests } from 'eventwire/testing'
 *
 * const failures: string[] = []
 * for (const { name, run } of eventLogTests({ open: ({ maxEvents }) => memoryLog({ maxEvents }) })) {
 *   await run().catch((error) => failures.push(`${name}: ${error.message}`))
 * }
 * console.log(failures) // -> []
 */
export function eventLogTests({
  open,
  cleanUp,
}: {
  /** Opens a new, empty log; `maxEvents` is how many entries it keeps, and no more. Each test closes its log. */
  readonly open: (bounds: { readonly maxEvents: number }) => EventLog | Promise<EventLog>
  /** Called after each test: removes what `open` has left outside. */
  readonly cleanUp?: (() => void | Promise<void>) | undefined
}): readonly {
  /** A sentence about a log. */
  readonly name: string
  /** Rejects with an `Error` that says what differs. */
  readonly run: () => Promise<void>
}[] {
  return Object.entries({ ...appending, ...reading, ...following }).map(([name, test]) => ({
    name,
    async run() {
      const log = await open({ maxEvents: 10 })
      try {
        await test(new LogUnderTest(log))
      } finally {
        await log.close()
        await cleanUp?.()
      }
    },
  }))
}
