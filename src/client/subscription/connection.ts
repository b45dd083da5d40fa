import { EventwireError } from '../../shared/errors.ts'
import { LAST_EVENT_ID_QUERY } from '../../shared/wire/names.ts'
import type { AttemptContext, SubscribeOptions, SubscribeUrl } from '../options.ts'
import { connectionFailed } from '../transport/connection-failed.ts'
import type { Transport, TransportReceiver, TransportRequest } from '../transport/transport.ts'
import { callbackFailed } from './callback-failed.ts'
import type { CursorTracker } from './cursor-tracker.ts'

/** The document's URL in a page, the script's in a worker of a browser, `undefined` elsewhere. */
function baseUrl(): string | undefined {
  const { document, location } = globalThis as { document?: Document; location?: Location }
  return document?.baseURI ?? location?.href
}

/**
 * The absolute form of a URL.
 *
 * @throws {EventwireError} `invalid-option` when `fetch` cannot request it.
 */
export function resolveUrl(url: string | URL): URL {
  let shown = url
  let fault = 'not an http(s) URL; give http(s)://host/path'
  try {
    const resolved = new URL(url, baseUrl())
    if (resolved.username || resolved.password) {
      shown = resolved.host // A password does not belong into a log.
      fault = 'fetch refuses user and password in a URL; send the header Authorization'
    } else if (/^https?:$/.test(resolved.protocol)) return resolved
  } catch {
    // The error below says so.
  }
  throw new EventwireError('invalid-option', `cannot subscribe to "${shown}": ${fault}`)
}

/** Whether a URL is relative without a document to resolve it against, as on a server that renders pages. */
export function hasNoBase(url: SubscribeUrl): boolean {
  return typeof url === 'string' && baseUrl() === undefined && !URL.canParse(url)
}

/** The parts that each attempt needs. */
export interface Source {
  readonly url: SubscribeUrl
  readonly options: SubscribeOptions<any>
  readonly transport: Transport
  readonly cursor: CursorTracker
  readonly listen: TransportRequest['listen']
}

/**
 * Makes one connection and stays until it is lost, which is what the error says, or until the server wants no other. A 401 of each
 * request is passed once to `onUnauthorized`.
 */
export async function connect(
  source: Source,
  attempt: number,
  signal: AbortSignal,
  receiver: TransportReceiver,
): Promise<void> {
  const { options, transport } = source
  for (let first = true; ; ) {
    let url: string | undefined
    try {
      const request = await prepare(source, attempt, signal)
      // The attempt may have ended since the last option was read.
      signal.throwIfAborted()
      url = request.url
      const end = await transport.connect(request, receiver)
      if (end === 'stopped') return
      first = end === 'again'
      if (!first) throw new EventwireError('stream-ended', 'the server ended the stream')
    } catch (cause) {
      const error = connectionFailed(cause, url)
      const refused = first && error.status === 401 && options.onUnauthorized
      if (!refused || (await resolveOption('onUnauthorized', refused, error, signal)) === false) throw error
      first = false
    }
  }
}

async function prepare(source: Source, attempt: number, signal: AbortSignal): Promise<TransportRequest> {
  const { options, cursor, listen, transport } = source
  await resolveOption('storage', () => cursor.load(), undefined, signal)
  const lastEventId = cursor.sendable
  const context: AttemptContext = { attempt, lastEventId, signal }
  const url = resolveUrl(await resolveOption('url', source.url, context, signal))
  const query = cursorQuery(options, transport)
  if (query !== undefined && lastEventId !== '') url.searchParams.set(query, lastEventId)
  const headers = toHeaders(await resolveOption('headers', options.headers, context, signal))
  const method = methodOf(options, cursor)
  const { json } = options
  let body: unknown
  if (!options.resume || lastEventId === '') {
    if (json === undefined) body = await resolveOption('body', options.body, context, signal)
    else {
      const encode = async () => JSON.stringify(typeof json === 'function' ? await json(context) : json)
      body = await resolveOption('json', encode, undefined, signal)
      if (!headers.has('Content-Type')) headers.set('Content-Type', 'application/json')
    }
  }
  const cursorInUrl = query !== undefined
  return { url: url.href, method, headers, body, lastEventId, cursorInUrl, signal, listen, options }
}

/** The name of the query parameter that carries the cursor, if one does. */
function cursorQuery({ cursorIn }: SubscribeOptions<any>, transport: Transport): string | undefined {
  if (typeof cursorIn === 'object') return cursorIn.query
  return cursorIn === 'query' || transport.byName ? LAST_EVENT_ID_QUERY : undefined
}

/** The method of the next attempt. */
export function methodOf({ json, resume, method }: SubscribeOptions<any>, cursor: CursorTracker): string {
  if (resume && cursor.sendable !== '') return resume
  return (method ?? (json === undefined ? 'GET' : 'POST')).toUpperCase()
}

/** The headers that a caller gave, without those that are `undefined`. */
export function toHeaders(given: any): Headers {
  const pairs: string[][] = given?.[Symbol.iterator] ? [...given] : Object.entries(given ?? {})
  return new Headers(pairs.filter(({ length, 1: value }) => length < 2 || value !== undefined) as [string, string][])
}

/** An option that may be a function, unless the attempt is given up. */
async function resolveOption(name: string, option: unknown, argument: unknown, signal: AbortSignal): Promise<any> {
  try {
    signal.throwIfAborted()
    return typeof option === 'function' ? await option(argument) : option
  } catch (cause) {
    throw callbackFailed(name, cause)
  }
}

/**
 * A page that could connect and now only fails, with a cursor for another origin, is probably refused in the preflight,
 * which no script can see.
 */
export function hintAtPreflight(error: EventwireError, { options, transport, cursor }: Source): void {
  const base = baseUrl()
  if (error.code !== 'network' || !base || !error.url || cursor.received === '') return
  if (cursorQuery(options, transport) || new URL(error.url).origin === new URL(base).origin) return
  error.message += "; if CORS refuses the header Last-Event-ID, allow it or set cursorIn: 'query'"
}
