import { EventwireError, invalidOption } from '../../shared/errors.ts'
import type { HeadersLike } from '../../shared/headers-like.ts'
import { MEDIA_TYPE } from '../../shared/wire/names.ts'

/** Without these a proxy, a cache or a compressing host holds events back. */
export const STREAM_HEADERS: Readonly<Record<string, string>> = {
  // The format is always UTF-8, but some clients read Latin-1 unless the header says so.
  'Content-Type': `${MEDIA_TYPE}; charset=utf-8`,
  'Cache-Control': 'no-cache, no-transform',
  'X-Accel-Buffering': 'no',
  Incremental: '?1',
}

/** The response to a client that must not reconnect. A cached one would outlive the reason. */
export const FINAL_HEADERS: Readonly<Record<string, string>> = { 'Cache-Control': 'no-store' }

/** Names of the headers that say how the body is framed. They are the stream's own. */
export const FRAMING: RegExp =
  /^(content-(type|length|encoding)|transfer-encoding|connection|keep-alive|upgrade|trailer)$/i

/**
 * Headers of a response: our own, replaced and joined by those of the user.
 *
 * @throws {EventwireError} `invalid-option` for a header that would break the framing of the stream, and for a name or value
 *   that HTTP does not allow.
 */
export function toHeaders(own: Readonly<Record<string, string>>, added: HeadersLike | undefined): Headers {
  const headers = new Headers(own)
  if (added === undefined) return headers
  if (typeof added !== 'object' || added === null) throw invalidOption('headers', added, 'give an object or pairs')
  for (const [name, value] of Symbol.iterator in added ? added : Object.entries(added)) {
    if (value === undefined) continue
    if (FRAMING.test(name)) {
      throw new EventwireError('invalid-option', `headers has "${name}"; leave it out, the stream sets what frames it`)
    }
    try {
      // Cookies cannot share one header. Other lists can, joined with commas.
      if (!/^set-cookie$/i.test(name)) headers.set(name, `${value}`)
      else for (const cookie of [value].flat()) headers.append(name, `${cookie}`)
    } catch (cause) {
      const message = `headers has "${name}" with a name or value that HTTP does not allow`
      throw new EventwireError('invalid-option', message, { cause })
    }
  }
  return headers
}
