import { EventwireError, type EventwireErrorCode } from '../../shared/errors.ts'
import { MEDIA_TYPE } from '../../shared/wire/names.ts'

const MOST_BODY = 65_536
/** Milliseconds that the body of an error may take. */
const BODY_TIME = 2_000

/** Frees the connection of a body that nobody reads on. */
export function discard(body: { cancel(): Promise<void> } | null | undefined): void {
  body?.cancel().catch(() => {})
}

/**
 * Passes a response that carries a stream.
 *
 * @throws {EventwireError} `http-status`, `wrong-content-type`, `missing-body`; with up to 64 KiB of the body.
 */
export async function checkResponse(response: Response, asked: string): Promise<void> {
  const { status, headers } = response
  const url = response.url || asked
  const type = headers.get('Content-Type') ?? ''
  const fail = async (code: EventwireErrorCode, what: string) => {
    throw new EventwireError(code, `${url} answered ${what}`, { url, status, headers, body: await excerpt(response) })
  }
  if (status !== 200) await fail('http-status', `${status}; a stream needs 200`)
  if (type.split(';', 1)[0]!.trim().toLowerCase() !== MEDIA_TYPE) {
    await fail('wrong-content-type', `with content type "${type}"; a stream needs ${MEDIA_TYPE}`)
  }
  if (!response.body) await fail('missing-body', 'without a body to read; this fetch may not stream')
}

async function excerpt({ body }: Response): Promise<string> {
  const reader = body?.getReader()
  if (!reader) return ''
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
    // What came before the connection broke is the excerpt.
  }
  clearTimeout(timer)
  discard(reader)
  return text
}
