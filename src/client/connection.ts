import { LAST_EVENT_ID_QUERY } from '../shared/control.ts'
import { EventwireError } from '../shared/errors.ts'
import type { Cursor } from './cursor.ts'
import type { AttemptContext, SubscribeOptions, SubscribeUrl } from './options.ts'
import type { Transport, TransportReceiver, TransportRequest } from './transport.ts'

/** The document's URL in a page, the script's in a worker of a browser, `undefined` elsewhere. */
function baseUrl(): string | undefined {
  const { document, location } = globalThis as { document?: Document; location?: Location }
  return document?.baseURI ?? location?.href
}

/**
 * The absolute form of a URL.
 *
 * @throws {EventwireError} `invalid-option` when it is none that `fetch` can ask.
 */
export function resolveUrl(url: string | URL): URL {
  let cause: unknown
  try {
    const resolved = new URL(url, baseUrl())
    if (/^https?:$/.test(resolved.protocol) && !resolved.username) return resolved
  } catch (error) {
    cause = error
  }
  throw new EventwireError('invalid-option', `"${url}" is no URL to subscribe to; give http(s)://host/path`, { cause })
}

/** What one attempt is made from. */
export interface Source {
  readonly url: SubscribeUrl
  readonly options: SubscribeOptions<any>
  readonly transport: Transport
  readonly cursor: Cursor
  readonly listen: TransportRequest['listen']
}

/** Makes one connection and stays until it is lost; a 401 is answered once by `onUnauthorized`. */
export async function connect(
  source: Source,
  attempt: number,
  signal: AbortSignal,
  receiver: TransportReceiver,
): Promise<'ended' | 'stopped'> {
  const { onUnauthorized } = source.options
  for (let first = true; ; first = false) {
    try {
      const request = await prepare(source, attempt, signal)
      return await source.transport.connect(request, receiver).catch(lostTo(request.url))
    } catch (error) {
      const refused = error as EventwireError
      if (!first || refused.status !== 401 || !onUnauthorized || signal.aborted) throw error
      if ((await ask('onUnauthorized', signal, () => onUnauthorized(refused))) === false) throw error
    }
  }
}

/** What a transport throws as an `EventwireError`. */
function lostTo(url: string): (cause: any) => never {
  return (cause) => {
    if (cause instanceof EventwireError) throw cause
    // Node says only "fetch failed" and keeps the reason in the cause.
    const reason = cause?.cause?.message || cause?.message || cause
    throw new EventwireError('network', `connection to ${url} failed: ${reason}`, { cause, url })
  }
}

async function prepare(source: Source, attempt: number, signal: AbortSignal): Promise<TransportRequest> {
  const { options, cursor, listen } = source
  await ask('storage', signal, () => cursor.load())
  const lastEventId = cursor.received
  const context: AttemptContext = { attempt, lastEventId, signal }
  const asked = (name: string, option: unknown) =>
    ask(name, signal, () => (typeof option === 'function' ? option(context) : option))
  const url = resolveUrl(await asked('url', source.url))
  const cursorInUrl = source.transport.byName === true || options.cursorIn === 'query'
  if (cursorInUrl && lastEventId !== '') url.searchParams.set(LAST_EVENT_ID_QUERY, lastEventId)
  const { method = 'GET', credentials, fetch, maxEventSize } = options
  return {
    url: url.href,
    method,
    headers: await ask('headers', signal, async () => new Headers(await asked('headers', options.headers))),
    body: await asked('body', options.body),
    credentials,
    fetch,
    maxEventSize,
    lastEventId,
    cursorInUrl,
    signal,
    listen,
  }
}

/** Calls what the user has given, unless the attempt is given up. */
async function ask(name: string, signal: AbortSignal, call: () => unknown): Promise<any> {
  try {
    signal.throwIfAborted()
    return await call()
  } catch (cause) {
    throw cause instanceof EventwireError ? cause : callbackFailed(name, cause)
  }
}

export function callbackFailed(name: string, cause: any): EventwireError {
  return new EventwireError('callback-failed', `\`${name}\` failed: ${cause?.message ?? cause}`, { cause })
}

/**
 * A page that could connect and now only fails, with a cursor for another origin, is probably refused in the preflight,
 * which no script can see.
 */
export function hintAtPreflight(error: EventwireError, { options, transport, cursor }: Source): void {
  const base = baseUrl()
  if (error.code !== 'network' || !base || !error.url || cursor.received === '') return
  if (transport.byName || options.cursorIn === 'query' || new URL(error.url).origin === new URL(base).origin) return
  error.message += "; if CORS refuses the header Last-Event-ID, allow it or set cursorIn: 'query'"
}
