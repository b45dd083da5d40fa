import { type Check, duration, fault, ok, unknown, warning } from '../finding.ts'
import { hopsOf, named } from '../hops.ts'
import { isCorrupt, isHeldBack } from '../reading.ts'

const LEAVE_OUT = `leave text/event-stream out of the compressor (nginx: not in gzip_types; Caddy: not matched by encode), and send
Cache-Control: no-transform. To compress a stream: createStream(request, { compress: gzip() })`

/** Whether a compressed stream is still live. */
export const compression: Check = (evidence) => {
  const { stream, plain, resumed } = evidence
  const encoding = stream.headers['content-encoding'] ?? 'identity'
  const hop = named(hopsOf(evidence))
  if (stream.pieces.length === 0 && plain !== undefined && plain.pieces.length > 0) {
    const waited = `nothing in ${duration(stream.end.at)}, but after ${duration(plain.pieces[0]!.at)} uncompressed`
    const found = `${encoding === 'identity' ? 'compression' : encoding} holds the stream back: ${waited}`
    return fault(found, `The compressor collects before it writes, probably in ${hop}.`, LEAVE_OUT)
  }
  if (resumed !== undefined && isHeldBack(resumed)) {
    const found = `${resumed.headers['content-encoding']} holds a reconnect back: nothing in ${duration(resumed.end.at)}`
    return fault(found, `The compressor collects before it writes, probably in ${hop}.`, LEAVE_OUT)
  }
  if (stream.status !== 200) return undefined
  if (encoding === 'identity') return ok('none')
  if (isCorrupt(stream)) {
    const means = `The header is wrong, or the body is compressed twice, perhaps by ${hop}.`
    return fault(`${encoding} that cannot be decompressed`, means, LEAVE_OUT)
  }
  if (stream.pieces.length > 0) return ok(`${encoding}, and bytes arrive as they are sent`)
  if (!/^(x-)?gzip$|^deflate$|^br$/i.test(encoding)) {
    const means = 'The server chose an encoding that was not asked for.'
    return warning(encoding, means, LEAVE_OUT)
  }
  return unknown(`${encoding}, and nothing arrived`)
}
