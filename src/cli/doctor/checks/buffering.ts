import { bufferingCure } from '../cures.ts'
import type { Evidence } from '../evidence.ts'
import { type Check, duration, fault, ok, unknown } from '../finding.ts'
import { hopsOf, named } from '../hops.ts'
import { isMute, longestSilence, silenceOf } from '../reading.ts'

/** Whether a hop collects bytes instead of passing them on. */
export const buffering: Check = (evidence) => {
  const proof = proofOf(evidence)
  if (proof !== undefined) {
    const hops = hopsOf(evidence)
    return fault(
      proof,
      `The stream is held back by ${named(hops)}: events arrive late and in bursts.`,
      bufferingCure(hops),
    )
  }
  const { pieces } = evidence.stream
  if (pieces.some(({ beats }) => beats > 0)) return ok('a heartbeat arrived by itself')
  if (pieces.length > 1) return ok(`${pieces.length} pieces arrived one by one`)
  if (pieces.length === 1 && evidence.stream.heartbeat !== undefined) return ok('the first comment arrived by itself')
  return unknown('too little arrived to judge', 'publish events while the doctor watches')
}

/** Findings that only a hop that collects bytes explains. */
function proofOf(evidence: Evidence): string | undefined {
  const { stream, final, plain, resumed, limits } = evidence
  // The compressor is at fault then, see compression.
  if (plain !== undefined && plain.pieces.length > 0) return undefined
  if (isMute(stream)) {
    return final?.status === undefined
      ? undefined
      : `no head within ${duration(limits.timeout)}, but a ${final.status} at once for a reconnect after the end`
  }
  if (stream.headers['content-length'] !== undefined) {
    return `Content-Length: ${stream.headers['content-length']}, so the whole response was collected first`
  }
  if (resumed !== undefined && isMute(resumed)) return `no head within ${duration(resumed.end.at)} for a reconnect`
  return beatsTogether(evidence) ?? lateRest(evidence) ?? overdue(evidence)
}

/** Heartbeats are sent one at a time, so the first of several in a piece has waited for the last. */
function beatsTogether({ stream, limits }: Evidence): string | undefined {
  const { heartbeat, pieces } = stream
  if (heartbeat === undefined) return undefined
  for (const [index, { beats }] of pieces.entries()) {
    // The first piece has the announcement, which precedes all of them.
    const waited = heartbeat * (index === 0 ? beats : beats - 1)
    if (waited <= limits.slow) continue
    const what = index === 0 ? 'the announcement and the heartbeats after it' : `${beats} heartbeats`
    return `${what} arrived in one piece, although they are sent ${duration(heartbeat)} apart`
  }
  return undefined
}

/** Servers write whole lines. A line whose rest is late was cut by a buffer that has a size. */
function lateRest({ stream, limits }: Evidence): string | undefined {
  const { pieces, end } = stream
  for (const [index, piece] of pieces.entries()) {
    if (!piece.cut) continue
    const next = pieces[index + 1]?.at
    // The last piece may just have arrived when the doctor left.
    if (next === undefined && end.how !== 'timeout') continue
    const waited = (next ?? end.at) - piece.at
    if (waited <= lateness(stream.heartbeat, limits)) continue
    const rest = next === undefined ? 'its rest never came' : `its rest came ${duration(waited)} later`
    return `a line was cut after ${piece.size} bytes, and ${rest}`
  }
  return undefined
}

/** A heartbeat is announced by the server itself, so one that does not come has stopped on the way. */
function overdue({ stream, limits }: Evidence): string | undefined {
  const { heartbeat, end } = stream
  const silence = silenceOf(stream)
  if (heartbeat === undefined || end.how === 'broke' || silence < longestSilence(heartbeat, limits)) return undefined
  return `a heartbeat is announced every ${duration(heartbeat)}, and none came in ${duration(silence)}`
}

function lateness(heartbeat: number | undefined, limits: Evidence['limits']): number {
  return heartbeat === undefined ? limits.slow : Math.min(limits.slow, longestSilence(heartbeat, limits))
}
