import { EventwireError } from '../../shared/errors.ts'
import { LAST_EVENT_ID_HEADER, MEDIA_TYPE } from '../../shared/wire/names.ts'
import { createParser } from '../../shared/wire/parse.ts'
import type { FetchInit } from '../options.ts'
import { checkResponse, discard } from './check-response.ts'
import type { Transport, TransportRequest } from './transport.ts'

const MOST_REDIRECTS = 20

/** Eventwire's own EventSource on `fetch`. */
export const fetchTransport: Transport = {
  async connect(request, receiver) {
    const { signal, lastEventId, url, options } = request
    const response = await follow(request)
    if (signal.aborted || response.status === 204) {
      discard(response.body)
      return 'stopped'
    }
    await checkResponse(response, url)
    // Closing the parser silences it in the middle of a chunk.
    const parser = createParser({
      onMessage: receiver.message,
      onComment: receiver.comment,
      onRetry: receiver.retry,
      maxEventSize: options.maxEventSize,
      lastEventId,
    })
    const reader = response.body!.getReader()
    // A fetch that ignores the signal is stopped here.
    signal.addEventListener('abort', () => {
      parser.close()
      discard(reader)
    })
    receiver.open(response.url || url, response.headers)
    while (!signal.aborted) {
      const { done, value } = await reader.read()
      if (done) break
      receiver.alive()
      parser.feed(value)
      if (!signal.aborted) receiver.alive(parser.lastEventId)
      for (let room = receiver.ready(); room; room = receiver.ready()) await room
    }
    return 'ended'
  },
}

/**
 * Sends the request. Outside browsers redirects are followed here, so that the caller's headers stay with the origin
 * they are meant for; a browser does not show where a redirect leads.
 */
async function follow(request: TransportRequest): Promise<Response> {
  const { signal, options } = request
  const { fetch = globalThis.fetch, credentials } = options
  let { url, headers, body } = request
  let { method = 'GET' } = options
  const browser = typeof location === 'object'
  for (let hops = 0; ; hops++) {
    const init: FetchInit = { method, signal, headers: ownHeaders(request, headers, browser) }
    if (browser) init.cache = 'no-store'
    else init.redirect = 'manual'
    if (credentials) init.credentials = credentials
    if (body !== undefined) init.body = body
    if (body instanceof ReadableStream) init.duplex = 'half'
    const response = await fetch(url, init)
    const { status } = response
    if (browser || ![301, 302, 303, 307, 308].includes(status)) return response
    discard(response.body)
    const given = response.headers.get('Location')
    const target = given && URL.canParse(given, url) ? new URL(given, url) : undefined
    if (!target || !/^https?:$/.test(target.protocol) || hops === MOST_REDIRECTS) {
      const text = `redirect from ${url} cannot be followed: ${target ?? given}`
      throw new EventwireError('redirect-failed', text, { url, status, headers: response.headers })
    }
    if (target.origin !== new URL(url).origin) headers = new Headers()
    if (status === 303 || (status < 303 && method === 'POST')) {
      method = 'GET'
      body = undefined
    }
    url = target.href
  }
}

function ownHeaders({ lastEventId, cursorInUrl }: TransportRequest, callers: Headers, browser: boolean): Headers {
  const headers = new Headers(callers)
  headers.set('Accept', MEDIA_TYPE)
  // In a browser this header would cost a preflight; the cache mode does the same there.
  if (!browser) headers.set('Cache-Control', 'no-cache')
  // Control characters cannot be carried.
  if (lastEventId !== '' && !cursorInUrl && !/[\0-\x1f\x7f]/.test(lastEventId)) {
    headers.set(LAST_EVENT_ID_HEADER, asHeader(lastEventId))
  }
  return headers
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
