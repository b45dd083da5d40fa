import type { Exchange, Limits } from '../evidence.ts'
import { firstOf, isStream, longestSilence } from '../reading.ts'

/** A stream with this many chunks over this many milliseconds is alive, with or without heartbeats. */
const LIVELY = { pieces: 10, span: 3_000 }
/** More than this is not read, in bytes. */
const MOST_BYTES = 8 * 1024 * 1024
/** How long the text of a response that is not a stream may take. */
const BODY_TIME = 2_000

/** How long to keep watching a stream without new bytes: until a heartbeat has come, or is long overdue. */
export function watching(limits: Limits): (seen: Exchange) => number {
  return (seen) => {
    if (!isStream(seen)) return seen.excerpt.length > 0 ? 0 : BODY_TIME
    if (tooMuch(seen) || seen.pieces.some(({ beats, comments }) => beats + comments > 0)) return 0
    const first = seen.pieces[0]?.at ?? 0
    const last = seen.pieces.at(-1)?.at ?? 0
    if (seen.pieces.length >= LIVELY.pieces && last - first >= LIVELY.span) return 0
    // Events came where a heartbeat would have.
    if (seen.heartbeat !== undefined && last - first >= seen.heartbeat) return 0
    return seen.heartbeat === undefined ? Number.POSITIVE_INFINITY : longestSilence(seen.heartbeat, limits)
  }
}

/** How long to keep watching a reconnect: until its first event with an id, or until nothing is replayed. */
export function replaying({ settle }: Limits, from: string): (seen: Exchange) => number {
  return (seen) => {
    if (!isStream(seen) || tooMuch(seen) || firstOf(seen, from) !== undefined) return 0
    return seen.pieces.length === 0 ? Number.POSITIVE_INFINITY : settle
  }
}

/** The head is enough. */
export function headOnly({ status }: Exchange): number {
  return status === undefined ? Number.POSITIVE_INFINITY : 0
}

function tooMuch({ pieces, received }: Exchange): boolean {
  return received > MOST_BYTES || pieces.length >= 1_000 || pieces.reduce((sum, { size }) => sum + size, 0) > MOST_BYTES
}
