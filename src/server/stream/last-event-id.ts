import { utf8FromLatin1 } from '../../shared/wire/latin1.ts'
import { LAST_EVENT_ID_QUERY } from '../../shared/wire/names.ts'

/**
 * The id of the last event that a client has seen: from its header, else from the query of the URL. It is never shortened: a
 * part of an id is another id, and none at all would be a client that is new.
 */
export function readLastEventId(header: string | null | undefined, url: string | undefined): string {
  return header ? utf8FromLatin1(header) : readQuery(url, LAST_EVENT_ID_QUERY)
}

/** The value of a parameter in the query of a URL, `''` without one. */
export function readQuery(url: string | undefined, name: string): string {
  if (!url?.includes(name)) return ''
  return new URLSearchParams(url.slice(url.indexOf('?') + 1)).get(name) ?? ''
}
