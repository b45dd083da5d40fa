import { EventwireError, type EventwireErrorCode } from '../../shared/errors.ts'
import { MEDIA_TYPE } from '../../shared/wire/names.ts'
import type { ResponseLike } from '../options.ts'

const MOST_BODY = 65_536
/** Milliseconds that the body of an error may take. */
const BODY_TIME = 2_000

type Body = ReadableStream<Uint8Array>

/** Frees the connection of a body that is not read to its end. */
export function discard(body: { cancel?(): Promise<void> } | null | undefined): void {
  body?.cancel?.().catch(() => {})
}

/** Whether a value can be read as a web stream, whichever class or realm made it. */
export function isWebStream(body: any): body is Body {
  return typeof body?.getReader === 'function'
}

/**
 * Resolves to the body of a response that carries a stream.
 *
 * @throws {EventwireError} `http-status`, `wrong-content-type`, `missing-body`; with up to 64 KiB of the body.
 */
export async function checkResponse(
  response: ResponseLike,
  accept?: false | readonly string[],
  asked: string = 'the server',
): Promise<Body> {
  const { status, headers, body } = response as ResponseLike & { readonly headers: Headers }
  const url = response.url || asked
  const type = headers.get('Content-Type') ?? ''
  const media = type.split(';', 1)[0]!.trim().toLowerCase()
  let code: EventwireErrorCode
  let fault: string
  if (status !== 200 && (accept === undefined || status < 200 || status > 299)) {
    code = 'http-status'
    fault = `with ${status}; a stream needs 200`
  } else if (accept !== false && media !== MEDIA_TYPE && !accept?.includes(media)) {
    code = 'wrong-content-type'
    fault = `with content type "${type}"; a stream needs ${MEDIA_TYPE}, or \`accept\``
  } else if (isWebStream(body)) return body
  else {
    code = 'missing-body'
    fault = 'without a body that is a web stream; use a fetch that streams'
  }
  throw new EventwireError(code, `${url} responded ${fault}`, { url, status, headers, body: await bodyPreview(body) })
}

async function bodyPreview(body: unknown): Promise<string> {
  if (!isWebStream(body)) return ''
  const reader = body.getReader()
  const timer = setTimeout(() => discard(reader), BODY_TIME)
  const decoder = new TextDecoder()
  let text = ''
  try {
    for (let left = MOST_BODY; left > 0; ) {
      const { done, value } = await reader.read()
      if (done) break
      text += decoder.decode(value.subarray(0, left), { stream: true })
      left -= value.length
    }
  } catch {
    // The connection broke: the preview is the text received until then.
  }
  clearTimeout(timer)
  discard(reader)
  return text
}
