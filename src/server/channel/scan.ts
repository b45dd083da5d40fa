import type { EventwireError } from '../../shared/errors.ts'
import type { Cursor, LogEntry } from '../log/event-log.ts'
import type { LiveLog } from '../log/live-log.ts'
import type { LivePage } from '../log/live-page.ts'
import { readPages } from '../log/read-pages.ts'

const PAGE_LENGTH = 512

/** Receives the result of a scan. */
export interface ScanOwner {
  onEntry(entry: LogEntry): void
  /** The scan has reached `last`, the position of the newest entry when it began. */
  onEnd(last: Cursor): void
  /** The log no longer has the position where the scan begins. */
  onGap(page: LivePage): void
  onFailure(error: EventwireError): void
}

/** Visits the entries after a position, up to the newest of the first page. Synchronous on a synchronous log. */
export function scan(live: LiveLog, after: Cursor, owner: ScanOwner): void {
  let last = after
  let until: Cursor | undefined
  const visit = (page: LivePage): Cursor | undefined => {
    if (page.status === 'gap') {
      owner.onGap(page)
      return undefined
    }
    const { entries, newest, end } = page
    until ??= newest
    for (const entry of entries) {
      owner.onEntry(entry)
      last = entry.cursor
      if (last === until) break
    }
    if (!end && entries.length > 0 && last !== until) return last
    owner.onEnd(last)
    return undefined
  }
  readPages(live, after, PAGE_LENGTH, visit, (error) => owner.onFailure(error))
}
