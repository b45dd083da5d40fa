import type { HeadersLike } from '../../shared/headers-like.ts'
import { toBytes } from '../../shared/wire/bytes.ts'
import { toOffset } from '../../shared/wire/offset.ts'
import { CLOSED, HOW, NEXT_OFFSET, PAGE_MEDIA_TYPE, STREAM_CURSOR, UP_TO_DATE } from '../../shared/wire/page.ts'
import type { Cursor } from '../log/event-log.ts'
import { toHeaders } from '../stream/headers.ts'

const NOT_CACHED = 'no-store'
const EXPOSE = 'Access-Control-Expose-Headers'
/** A page of another origin cannot read these otherwise. */
const EXPOSED = [NEXT_OFFSET, UP_TO_DATE, CLOSED, HOW, STREAM_CURSOR, 'ETag', 'Retry-After'].join(', ')
const SHARED_HEADERS: Readonly<Record<string, string>> = {
  'Cache-Control': NOT_CACHED,
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Resource-Policy': 'same-origin',
  [EXPOSE]: EXPOSED,
}

/** The content of a page. */
export interface PageContent {
  readonly status: 200 | 204 | 400 | 410
  readonly messages?: readonly string[] | undefined
  /** The position to read on from. */
  readonly next: Cursor
  /** Whether the log has no event behind it. */
  readonly upToDate?: boolean
  /** The data of the log's end, when that is reached. */
  readonly end?: string | undefined
  readonly streamCursor?: string | undefined
  /** For a page that caches may keep: the position before it, and how long. */
  readonly cached?: { readonly from: Cursor; readonly control: string; readonly ifNoneMatch: string | null } | undefined
}

/** The response that carries a page. Equal events after an equal position have an equal body and entity tag. */
export async function pageResponse(content: PageContent, added: HeadersLike | undefined): Promise<Response> {
  const { status, messages, next, upToDate, end, streamCursor, cached } = content
  const own: Record<string, string> = { ...SHARED_HEADERS, [NEXT_OFFSET]: toOffset(next) }
  if (upToDate) own[UP_TO_DATE] = 'true'
  if (end !== undefined) Object.assign(own, { [CLOSED]: 'true' }, howOf(end))
  else if (streamCursor !== undefined) own[STREAM_CURSOR] = streamCursor
  if (messages === undefined) return new Response(null, { status, headers: headersOf(own, added) })
  const body = `[${messages.join(',\n')}]`
  if (cached !== undefined) {
    const { from, control, ifNoneMatch } = cached
    own.ETag = `"${toOffset(from)}:${toOffset(next)}:${await digest(body)}${end === undefined ? '' : ':c'}"`
    own['Cache-Control'] = control
    if (isAmong(own.ETag, ifNoneMatch)) return new Response(null, { status: 304, headers: headersOf(own, added) })
  }
  const headers = headersOf(own, added)
  headers.set('Content-Type', PAGE_MEDIA_TYPE)
  return new Response(body, { status, headers })
}

/** The metadata of a log, for a HEAD request. */
export function headResponse(next: Cursor, end: string | undefined, added: HeadersLike | undefined): Response {
  const own = { ...SHARED_HEADERS, [NEXT_OFFSET]: toOffset(next), ...(end && { [CLOSED]: 'true', ...howOf(end) }) }
  const headers = headersOf(own, added)
  headers.set('Content-Type', PAGE_MEDIA_TYPE)
  return new Response(null, { headers })
}

/** A response that says why there is no page. */
export function refusal(
  status: 400 | 500 | 503,
  text: string,
  added: HeadersLike | undefined,
  retryAfter?: number,
): Response {
  const headers = headersOf(SHARED_HEADERS, added)
  headers.set('Content-Type', 'text/plain; charset=utf-8')
  if (retryAfter !== undefined) headers.set('Retry-After', `${Math.ceil(retryAfter / 1_000)}`)
  return new Response(text, { status, headers })
}

function headersOf(own: Readonly<Record<string, string>>, added: HeadersLike | undefined): Headers {
  const headers = toHeaders(own, added)
  if (headers.get(EXPOSE) !== EXPOSED) headers.append(EXPOSE, EXPOSED)
  return headers
}

function howOf(end: string): Record<string, string> {
  const { how } = JSON.parse(end) as { how?: string }
  return how === undefined ? {} : { [HOW]: how }
}

/**
 * A digest of the body is part of the entity tag. Readers with other topics or another filter have other events after the same
 * position, and must not receive a 304.
 */
async function digest(body: string): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', toBytes(body) as Uint8Array<ArrayBuffer>))
  return Array.from(hash.subarray(0, 12), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Whether `If-None-Match` names a tag. Caches may have made it weak. */
function isAmong(tag: string, ifNoneMatch: string | null): boolean {
  return ifNoneMatch?.split(',').some((one) => one.trim().replace(/^W\//, '') === tag) ?? false
}
