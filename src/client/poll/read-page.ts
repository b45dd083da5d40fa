import { EventwireError } from '../../shared/errors.ts'
import { LAST_EVENT_ID_QUERY } from '../../shared/wire/names.ts'
import { BEGIN, fromOffset, toOffset } from '../../shared/wire/offset.ts'
import {
  CLOSED,
  CURSOR_QUERY,
  HOW,
  LIVE_QUERY,
  LONG_POLL,
  NEXT_OFFSET,
  OFFSET_QUERY,
  PAGE_MEDIA_TYPE,
  STREAM_CURSOR,
} from '../../shared/wire/page.ts'
import { MAX_EVENT_SIZE, type Message } from '../../shared/wire/parse.ts'
import type { ResponseLike } from '../options.ts'
import { checkResponse, discard, isWebStream } from '../transport/check-response.ts'
import { fetchFollowingRedirects } from '../transport/fetch-transport.ts'
import type { TransportRequest } from '../transport/transport.ts'

/** Statuses of a page: events, none, and two that begin anew behind a gap. */
const PAGE_STATUS = [200, 204, 400, 410]
/** Statuses of a server that is to be asked again, or to be asked differently. Everything else is not a page. */
const FAILED_STATUS = /^(40[138]|42[159]|5..)$/

/** An event of a page. */
export interface PageMessage extends Message {
  /** Its trace context, which a stream has in a comment before it. */
  readonly traceparent?: string
}

/** A page of events. */
export interface Page {
  readonly url: string
  readonly headers: Headers
  /** None in a page that does not lead on, such as one of a cache that has answered before. */
  readonly messages: readonly PageMessage[]
  /** The position behind it. */
  readonly next: string
  readonly streamCursor: string | undefined
  readonly status: number
  /** The data of the end, when the log has ended. */
  readonly end: string | undefined
}

/**
 * Requests the page behind the cursor of a request.
 *
 * @returns `undefined` for a response that is not a page.
 * @throws {EventwireError} `http-status`, `event-too-large`; and what `fetch` throws.
 */
export async function readPage(request: TransportRequest, streamCursor: string | undefined): Promise<Page | undefined> {
  const { lastEventId, options } = request
  const url = pageUrl(request, streamCursor)
  const response = await fetchFollowingRedirects({ ...request, url, lastEventId: '' }, PAGE_MEDIA_TYPE)
  const { status } = response
  const headers = response.headers as Headers
  const next = fromOffset(headers.get(NEXT_OFFSET) ?? '')
  if (next === undefined || !PAGE_STATUS.includes(status)) {
    if (FAILED_STATUS.test(`${status}`)) await checkResponse(response, undefined, url)
    discard(response.body as ReadableStream)
    return undefined
  }
  const text = status === 204 ? '[]' : await readText(response, options.maxEventSize)
  return {
    url: response.url || url,
    headers,
    messages: next === lastEventId ? [] : messagesIn(text, lastEventId),
    next,
    streamCursor: headers.get(STREAM_CURSOR) ?? undefined,
    status,
    end: headers.get(CLOSED) === null ? undefined : JSON.stringify({ how: headers.get(HOW) ?? undefined }),
  }
}

/** Parameters go in the order of their names, so that caches have one key for a page. */
function pageUrl(
  { url, lastEventId, cursorInUrl, options }: TransportRequest,
  streamCursor: string | undefined,
): string {
  const page = new URL(url)
  const { searchParams } = page
  const { cursorIn } = options
  if (cursorInUrl) searchParams.delete(typeof cursorIn === 'object' ? cursorIn.query : LAST_EVENT_ID_QUERY)
  if (streamCursor !== undefined) searchParams.set(CURSOR_QUERY, streamCursor)
  searchParams.set(LIVE_QUERY, LONG_POLL)
  searchParams.set(OFFSET_QUERY, lastEventId === '' ? BEGIN : toOffset(lastEventId))
  return page.href
}

/** Reads a body, up to twice the size that an event may have: JSON escapes what a stream does not. */
async function readText({ body }: ResponseLike, maxEventSize = MAX_EVENT_SIZE): Promise<string> {
  if (!isWebStream(body)) throw new EventwireError('missing-body', 'the page has no body that is a web stream')
  const most = (maxEventSize + 65_536) * 2
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  for (let size = 0; ; ) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    size += value.length
    if (size > most) {
      discard(reader)
      throw new EventwireError('event-too-large', `a page has more than ${most} bytes; raise maxEventSize`)
    }
    text += decoder.decode(value, { stream: true })
  }
}

/** The messages of a body. A message of a stream within it, such as a snapshot, has the id before it. */
function messagesIn(text: string, lastEventId: string): readonly PageMessage[] {
  let last = lastEventId
  return (JSON.parse(text) as PageMessage[]).map((message) => {
    last = message.id || last
    return { ...message, type: `${message.type}`, id: last, data: `${message.data}` }
  })
}
