import type { EventwireError } from '../../shared/errors.ts'
import type { Cursor, LogEntry } from '../log/event-log.ts'
import { subjectOf } from '../log/latest.ts'
import type { LiveLog, LivePage } from '../log/live-log.ts'

const PAGE_LENGTH = 512

/**
 * A round of catching up. It finds the newest entry of each name and key, up to a fixed position. Without that limit, a key that
 * changes faster than a client reads would always have a newer entry, and would never be sent.
 */
export class Conflation {
  /** The position where the round ends. */
  until: Cursor = ''
  readonly #newest = new Map<string, Cursor>()

  add(entry: LogEntry): void {
    this.#newest.set(subjectOf(entry), entry.cursor)
  }

  has(entry: LogEntry): boolean {
    return this.#newest.get(subjectOf(entry)) === entry.cursor
  }
}

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
  let continues = true
  const visit = ({ entries, newest, end }: LivePage): boolean => {
    until ??= newest
    for (const entry of entries) {
      owner.onEntry(entry)
      last = entry.cursor
      if (last === until) break
    }
    return !end && entries.length > 0 && last !== until
  }
  const readOn = () => {
    while (continues) {
      continues = false
      const use = (page: LivePage, later: boolean) => {
        if (page.status === 'gap') owner.onGap(page)
        else if (!visit(page)) owner.onEnd(last)
        else {
          continues = true
          if (later) readOn()
        }
      }
      live.read(last, PAGE_LENGTH, use, (error) => owner.onFailure(error))
    }
  }
  readOn()
}
