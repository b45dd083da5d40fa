import { EventwireError } from '../../shared/errors.ts'
import { utf8FromLatin1 } from '../../shared/wire/latin1.ts'
import { MEDIA_TYPE } from '../../shared/wire/names.ts'
import { createParser } from '../../shared/wire/parse.ts'
import type { FetchInit, FetchLike, ResponseLike } from '../options.ts'
import { checkResponse, discard } from './check-response.ts'
import type { Transport, TransportRequest } from './transport.ts'

const MOST_REDIRECTS = 20

/** Eventwire's own EventSource on `fetch`. */
export const fetchTransport: Transport = {
  async connect(request, receiver) {
    const { signal, lastEventId, url, options } = request
    const response = await fetchFollowingRedirects(request)
    const body = response.status === 204 ? undefined : await checkResponse(response, options.accept, url)
    if (body === undefined || signal.aborted) {
      discard(response.body as ReadableStream)
      return 'stopped'
    }
    // Closing the parser silences it in the middle of a chunk.
    const parser = createParser({
      onMessage: receiver.message,
      onComment: receiver.comment,
      onRetry: receiver.retry,
      maxEventSize: options.maxEventSize,
      lastEventId,
    })
    const reader = body.getReader()
    // A fetch that ignores the signal is stopped here.
    signal.addEventListener('abort', () => {
      parser.close()
      discard(reader)
    })
    receiver.open(response.url || url, response.headers as Headers)
    while (!signal.aborted) {
      const { done, value } = await reader.read()
      if (done || signal.aborted) break
      receiver.alive()
      parser.feed(value)
      if (!signal.aborted) receiver.alive(parser.lastEventId)
      for (let room = receiver.ready(); room; room = receiver.ready()) await room
    }
    return 'ended'
  },
}

/**
 * Sends the request. Outside browsers redirects are followed here, so that the caller's secrets stay with the origin they are
 * meant for; a browser does not show where a redirect leads. From the hop to another origin on, the caller's `fetch` is not
 * used either: it may add a token to every request.
 */
export async function fetchFollowingRedirects(
  request: TransportRequest,
  accept: string = MEDIA_TYPE,
): Promise<ResponseLike> {
  const { options } = request
  const browser = typeof location === 'object'
  let { fetch = globalThis.fetch as FetchLike } = options
  let { url, headers, body, method } = request
  for (let hops = 0; ; hops++) {
    const response = await fetch(url, fetchInit({ ...request, headers, body, method }, browser, accept))
    const { status } = response
    if (browser || request.signal.aborted || ![301, 302, 303, 307, 308].includes(status)) return response
    discard(response.body as ReadableStream)
    const target = redirectTarget(response, url, hops)
    if (target.origin !== new URL(url).origin) {
      headers = new Headers()
      fetch = globalThis.fetch as FetchLike
    }
    if (status === 303 || (status < 303 && method === 'POST')) {
      method = 'GET'
      body = undefined
    }
    url = target.href
  }
}

function redirectTarget({ headers, status }: ResponseLike, from: string, hops: number): URL {
  const given = headers.get('Location')
  const location = given && utf8FromLatin1(given)
  const target = location && URL.canParse(location, from) ? new URL(location, from) : undefined
  if (target && /^https?:$/.test(target.protocol) && hops < MOST_REDIRECTS) return target
  const text = `redirect from ${from} cannot be followed: ${target ?? given}`
  throw new EventwireError('redirect-failed', text, { url: from, status, headers: headers as Headers })
}

function fetchInit(request: TransportRequest, browser: boolean, accept: string): FetchInit {
  const { method, headers: callers, body, signal, options, lastEventId, cursorInUrl } = request
  const headers: FetchInit['headers'] = { accept, ...Object.fromEntries(callers) }
  const init: FetchInit = { method, signal, headers }
  // In a browser the header would cost a preflight; the cache mode does the same there.
  if (browser) init.cache = 'no-store'
  else {
    init.redirect = 'manual'
    headers['cache-control'] = 'no-cache'
  }
  // Control characters cannot be carried.
  if (lastEventId !== '' && !cursorInUrl && !/[\0-\x1f\x7f]/.test(lastEventId)) {
    headers['last-event-id'] = asHeader(lastEventId)
  }
  if (options.credentials) init.credentials = options.credentials
  if (body !== undefined) init.body = body
  if (body instanceof ReadableStream) init.duplex = 'half'
  return init
}

/** An id goes as UTF-8. Headers carry Latin-1, a byte a character; those of workerd take any text and encode it. */
export function asHeader(id: string): string {
  try {
    new Headers([['id', '\u0100']])
    return id
  } catch {
    return String.fromCharCode(...new TextEncoder().encode(id))
  }
}
