import type { Evidence, Exchange } from '../evidence.ts'
import { type Check, duration, fault, ok, unknown, warning } from '../finding.ts'
import { hopsOf, named } from '../hops.ts'
import { MOST_SECONDS } from '../options.ts'
import { endedForGood, longestSilence, silenceOf } from '../reading.ts'

const SILENT_HOPS = 'Proxies and load balancers close a silent connection, after 30 to 60 s for most.'
const SEND_ONE = `send a comment at least every 15 s, as createStream() does:
  createStream(request, { heartbeat: 15_000 })`

/** Whether the stream is never silent for longer than it promises. */
export const heartbeat: Check = (evidence) => {
  const { stream } = evidence
  if (stream.pieces.length === 0) return unknown('nothing arrived')
  return stream.heartbeat === undefined ? unannounced(stream) : announced(evidence, stream.heartbeat)
}

function announced(evidence: Evidence, interval: number) {
  const { stream, limits } = evidence
  const every = `announced every ${duration(interval)}`
  const silence = silenceOf(stream)
  if (silence >= longestSilence(interval, limits)) {
    const means = `Clients that know the announcement reconnect after 2.5 times of it, again and again. It is held back by ${named(hopsOf(evidence))}.`
    return fault(
      `${every}, none in ${duration(silence)}`,
      means,
      'see buffering; if the server was busy, look at its event loop',
    )
  }
  const beat = stream.pieces.find(({ beats }) => beats > 0)
  if (beat !== undefined) return ok(`${every}, and arrived after ${duration(beat.at - stream.pieces[0]!.at)}`)
  if (stream.end.how === 'broke') return unknown(`${every}, but the stream broke before one was due`)
  if (endedForGood(stream) || stream.end.how === 'complete')
    return unknown(`${every}, but the stream ended before one was due`)
  if (stream.end.at - stream.pieces[0]!.at >= interval && silence < interval)
    return ok(`${every}; events came more often`)
  if (stream.end.how === 'enough') return ok(`${every}; events came more often`)
  const wanted = Math.ceil((longestSilence(interval, limits) + stream.pieces[0]!.at) / 1_000) + 1
  if (wanted > MOST_SECONDS) return warning(`${every}, which is too rare to be watched`, SILENT_HOPS, SEND_ONE)
  return unknown(`${every}, none in ${duration(silence)}, which is too short to judge`, `--timeout ${wanted}`)
}

function unannounced(stream: Exchange) {
  const silence = silenceOf(stream)
  const comments = stream.pieces.reduce((sum, piece) => sum + piece.beats + piece.comments, 0)
  if (comments > 0) return ok(`none is announced, but ${comments === 1 ? 'a comment arrived' : 'comments arrived'}`)
  if (stream.end.how === 'complete') return unknown('none is announced, and the stream ended soon')
  if (stream.end.how === 'timeout' && stream.pieces.length < 2) {
    return warning(`none is announced, and nothing came for ${duration(silence)}`, SILENT_HOPS, SEND_ONE)
  }
  return unknown(`none is announced; the longest silence was ${duration(silence)}`, SEND_ONE)
}
