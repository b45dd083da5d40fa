import { utf8FromLatin1 } from '../../shared/wire/latin1.ts'
import { LAST_EVENT_ID_QUERY } from '../../shared/wire/names.ts'

/**
 * The id of the last event that a client has seen: from its header, else from the query of the URL. It is never shortened: a
 * part of an id is another id, and none at all would be a client that is new.
 */
export function readLastEventId(header: string | null | undefined, url: string | undefined): string {
  return header ? utf8FromLatin1(header) : fromQuery(url)
}

function fromQuery(url: string | undefined): string {
  if (!url?.includes(LAST_EVENT_ID_QUERY)) return ''
  return new URLSearchParams(url.slice(url.indexOf('?') + 1)).get(LAST_EVENT_ID_QUERY) ?? ''
}
