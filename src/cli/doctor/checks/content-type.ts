import { type Check, fault, ok, warning } from '../finding.ts'
import { mediaType } from '../reading.ts'

/** Clients take no other type than `text/event-stream`, and read it as UTF-8. */
export const contentType: Check = ({ stream }) => {
  if (stream.status !== 200) return undefined
  const type = stream.headers['content-type'] ?? ''
  if (mediaType(type) !== 'text/event-stream') return notAStream(type, stream.excerpt)
  const charset = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(type)?.[1]
  if (charset === undefined || /^utf-?8$/i.test(charset)) return ok(type)
  return warning(
    type,
    'The format is always UTF-8. Browsers ignore the charset; other clients decode by it and garble the text.',
    'Content-Type: text/event-stream; charset=utf-8',
  )
}

function notAStream(type: string, excerpt: string) {
  const found = type === '' ? 'no Content-Type' : `${type} is not text/event-stream`
  if (/^(data|event|id|retry|:).*$/m.test(excerpt) && !/<\w/.test(excerpt)) {
    const means = 'The body looks like events, but clients refuse it because of its type.'
    return fault(found, means, 'Content-Type: text/event-stream; a proxy must not change it')
  }
  const page = /html/i.test(type)
  const means = page
    ? 'A page responds instead of the stream: the fallback of a router, a login form, or an error page.'
    : 'Something else than the stream responds, such as an API with an error.'
  const cure = page
    ? "check the path and the credentials (-H 'Cookie: …'); the proxy must pass this path to the server of the stream"
    : 'Content-Type: text/event-stream, which createStream() and channel.response() send'
  return fault(found, means, cure)
}
