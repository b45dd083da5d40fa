import type { EventwireError } from '../../shared/errors.ts'
import type { Cursor } from './event-log.ts'
import type { LiveLog } from './live-log.ts'
import type { LivePage } from './live-page.ts'

/**
 * Reads pages one after another, without a pause where the log reads synchronously.
 *
 * @param take returns the position to read on from; `undefined` ends the reading.
 */
export function readPages(
  live: LiveLog,
  after: Cursor,
  limit: number,
  take: (page: LivePage) => Cursor | undefined,
  fail: (error: EventwireError) => void,
): void {
  let next: Cursor | undefined = after
  const readOn = () => {
    while (next !== undefined) {
      const from = next
      next = undefined
      const use = (page: LivePage, later: boolean) => {
        next = take(page)
        if (later) readOn()
      }
      live.read(from, limit, use, fail)
    }
  }
  readOn()
}
