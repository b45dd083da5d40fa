import type { Cursor, Page } from '../event-log.ts'
import { type Part, pageAfter } from '../page.ts'
import { toCursor } from '../position.ts'
import type { LiveEnd } from './live-end.ts'
import type { Retention } from './retention.ts'
import type { LogHead, Store } from './store.ts'

/** The places in which a log has its entries. */
export interface Sources {
  readonly store: Store
  readonly retention: Retention
  readonly live: LiveEnd | undefined
}

/** Reads a page of a log up to its head. */
export function readPage(
  { store, retention, live }: Sources,
  head: LogHead,
  after: Cursor | undefined,
  limit: number,
  latest: boolean,
): Page {
  const { epoch, sequence: newest } = head
  const oldest = retention.oldest(head)
  let stuckAt: number | undefined
  const page = pageAfter({ epoch, oldest, newest }, after, latest, (from) => {
    const part = recent(live, head, from, limit, latest) ?? store.read(head, from, limit, latest)
    if (part.next === from && from < newest && limit > 0) stuckAt = from
    return part
  })
  if (stuckAt === undefined) return page
  // Entries were deleted by hand.
  const next = toCursor(epoch, Math.min(newest, (retention.first(head.id, stuckAt)?.sequence ?? newest + 1) - 1))
  return { ...page, status: 'gap', reason: 'trimmed', next, oldest: next }
}

/** What the live end has of a page. */
function recent(
  live: LiveEnd | undefined,
  { epoch, sequence: newest }: LogHead,
  from: number,
  limit: number,
  latest: boolean,
): Part | undefined {
  if (live?.epoch !== epoch) return undefined
  const { recent } = live
  return recent.newest <= from || (latest && recent.newest !== newest) ? undefined : recent.after(from, limit, latest)
}
