import { END_EVENT } from '../../shared/wire/names.ts'
import type { LogEntry, Page } from './event-log.ts'

/** A page without the end of the log, whose data is `end` instead. */
export interface LivePage extends Page {
  readonly end?: string
}

/** The page that readers receive: up to the end of the log. */
export function livePage(page: Page): LivePage {
  const end = page.entries.findIndex(({ type }) => type === END_EVENT)
  return end === -1 ? page : { ...page, entries: page.entries.slice(0, end), end: endData(page.entries[end]!) }
}

/** Readers receive how a run ended, and nothing else that another writer may have put into the end. */
export function endData({ data }: LogEntry): string {
  return /^{"how":"\w+"}$/.test(data) ? data : '{}'
}
