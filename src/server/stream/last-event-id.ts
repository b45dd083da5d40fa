import { LAST_EVENT_ID_QUERY } from '../../shared/wire/names.ts'

/** Longer ids are cut: a cursor is far shorter, and nobody else's bytes are worth keeping. */
const LONGEST_ID = 4_096
const MOST_BYTES = 4 * LONGEST_ID

const ASCII = /^[\0-\x7f]*$/
const LATIN_1 = /^[\0-\xff]*$/

/** The id of the last event that a client has seen: from its header, else from the query of the URL. */
export function readLastEventId(header: string | null | undefined, url: string | undefined): string {
  return (header ? fromLatin1(header) : fromQuery(url)).slice(0, LONGEST_ID)
}

/** Clients send UTF-8, platforms hand header bytes over as Latin-1. */
function fromLatin1(header: string): string {
  const value = header.slice(0, MOST_BYTES)
  if (ASCII.test(value) || !LATIN_1.test(value)) return value
  const bytes = Uint8Array.from(value, (character) => character.charCodeAt(0))
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: header.length > MOST_BYTES })
  } catch {
    return value
  }
}

function fromQuery(url: string | undefined): string {
  const query = url === undefined ? -1 : url.indexOf('?')
  if (query === -1 || !url!.includes(LAST_EVENT_ID_QUERY, query)) return ''
  return new URLSearchParams(url!.slice(query)).get(LAST_EVENT_ID_QUERY) ?? ''
}
