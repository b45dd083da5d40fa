import { EventwireError, invalidOption } from '../../shared/errors.ts'
import { MEDIA_TYPE } from '../../shared/wire/names.ts'
import type { HeaderPairs } from './types.ts'

/** Without these a proxy, a cache or a compressing host holds events back. */
export const STREAM_HEADERS: readonly (readonly [string, string])[] = [
  ['Content-Type', MEDIA_TYPE],
  ['Cache-Control', 'no-cache, no-transform'],
  ['X-Accel-Buffering', 'no'],
]

/** The answer to a client that must not come back; a cached one would outlive the reason. */
export const FINAL_HEADERS: readonly (readonly [string, string])[] = [['Cache-Control', 'no-store']]

const FRAMING = /^(content-(type|length|encoding)|transfer-encoding|connection|keep-alive|upgrade|trailer)$/i

/**
 * The headers given by the user, as pairs.
 *
 * @throws {EventwireError} `invalid-option` for a header that would break the framing of the stream.
 */
export function headerPairs(headers: HeaderPairs | undefined): Iterable<readonly [string, string]> {
  if (headers === undefined) return []
  if (typeof headers !== 'object' || headers === null)
    throw invalidOption('headers', headers, 'give an object or pairs')
  const pairs = Symbol.iterator in headers ? [...headers] : Object.entries(headers)
  for (const [name] of pairs) {
    if (!FRAMING.test(name)) continue
    throw new EventwireError('invalid-option', `headers has "${name}"; leave it out, the stream sets what frames it`)
  }
  return pairs
}

/** @throws {EventwireError} `invalid-option` for a name or value that HTTP does not allow. */
export function toHeaders(own: readonly (readonly [string, string])[], added: HeaderPairs | undefined): Headers {
  const headers = new Headers(own as [string, string][])
  for (const [name, value] of headerPairs(added)) {
    try {
      if (name.toLowerCase() === 'set-cookie') headers.append(name, value)
      else headers.set(name, value)
    } catch (cause) {
      throw refusedHeader(name, cause)
    }
  }
  return headers
}

export function refusedHeader(name: string, cause: unknown): EventwireError {
  return new EventwireError('invalid-option', `headers has "${name}" with a name or value that HTTP does not allow`, {
    cause,
  })
}
