import { EventwireError, reasonOf } from '../../shared/errors.ts'
import { LAST_EVENT_ID_QUERY } from '../../shared/wire/names.ts'
import type { AttemptContext, SubscribeOptions, SubscribeUrl } from '../options.ts'
import type { Transport, TransportReceiver, TransportRequest } from '../transport/transport.ts'
import type { Cursor } from './cursor.ts'

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

/**
 * Makes one connection and stays until it is lost, which is what the error says, or until the server wants no other; a 401
 * is answered once by `onUnauthorized`.
 */
export async function connect(
  source: Source,
  attempt: number,
  signal: AbortSignal,
  receiver: TransportReceiver,
): Promise<void> {
  const { options, transport } = source
  for (let first = true; ; first = false) {
    let url: string | undefined
    try {
      const request = await prepare(source, attempt, signal)
      url = request.url
      if ((await transport.connect(request, receiver)) === 'stopped') return
      throw new EventwireError('stream-ended', 'the server ended the stream')
    } catch (cause) {
      const error = asLoss(cause, url)
      const refused = first && error.status === 401 && options.onUnauthorized
      if (!refused || (await ask('onUnauthorized', refused, error, signal)) === false) throw error
    }
  }
}

/** What was thrown as an `EventwireError`. */
function asLoss(cause: any, url: string | undefined): EventwireError {
  if (cause instanceof EventwireError) return cause
  // Node says only "fetch failed" and keeps the reason in the cause.
  const reason = reasonOf(cause?.cause?.message ? cause.cause : cause)
  return new EventwireError('network', `connection to ${url} failed: ${reason}`, { cause, url })
}

async function prepare(source: Source, attempt: number, signal: AbortSignal): Promise<TransportRequest> {
  const { options, cursor, listen } = source
  await ask('storage', () => cursor.load(), undefined, signal)
  const lastEventId = cursor.received
  const context: AttemptContext = { attempt, lastEventId, signal }
  const url = resolveUrl(await ask('url', source.url, context, signal))
  const cursorInUrl = source.transport.byName === true || options.cursorIn === 'query'
  if (cursorInUrl && lastEventId !== '') url.searchParams.set(LAST_EVENT_ID_QUERY, lastEventId)
  const headers = new Headers(await ask('headers', options.headers, context, signal))
  const body = await ask('body', options.body, context, signal)
  return { url: url.href, headers, body, lastEventId, cursorInUrl, signal, listen, options }
}

/** An option that may be a function, unless the attempt is given up. */
async function ask(name: string, option: unknown, argument: unknown, signal: AbortSignal): Promise<any> {
  try {
    signal.throwIfAborted()
    return typeof option === 'function' ? await option(argument) : option
  } catch (cause) {
    throw callbackFailed(name, cause)
  }
}

export function callbackFailed(name: string, cause: any): EventwireError {
  return new EventwireError('callback-failed', `\`${name}\` failed: ${reasonOf(cause)}`, { cause })
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
