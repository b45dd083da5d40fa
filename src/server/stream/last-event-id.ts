import { LAST_EVENT_ID_QUERY } from '../../shared/wire/names.ts'

const LATIN_1 = /^[\0-\xff]*$/

/**
 * The id of the last event that a client has seen: from its header, else from the query of the URL. It is never shortened: a
 * part of an id is another id, and none at all would be a client that is new.
 */
export function readLastEventId(header: string | null | undefined, url: string | undefined): string {
  return header ? fromLatin1(header) : fromQuery(url)
}

/** Clients send UTF-8, platforms hand header bytes over as Latin-1. */
function fromLatin1(header: string): string {
  if (!LATIN_1.test(header)) return header
  const bytes = Uint8Array.from(header, (character) => character.charCodeAt(0))
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return header
  }
}

function fromQuery(url: string | undefined): string {
  if (!url?.includes(LAST_EVENT_ID_QUERY)) return ''
  return new URLSearchParams(url.slice(url.indexOf('?') + 1)).get(LAST_EVENT_ID_QUERY) ?? ''
}
