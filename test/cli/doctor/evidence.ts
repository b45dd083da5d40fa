import type { Evidence, Exchange, Piece, SeenEvent } from '../../../src/cli/doctor/evidence.ts'
import { examine, type NamedFinding } from '../../../src/cli/doctor/examine.ts'

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
}

/** A piece of a body, alone in its time. */
export function piece(at: number, given: Partial<Piece> = {}): Piece {
  return { at, size: 20, events: 0, beats: 0, comments: 0, cut: false, ...given }
}

export function event(id: string, type = 'tick', data = 'x'): SeenEvent {
  return { at: 10, type, data, id }
}

/** A stream without a fault, and what is different about it. */
export function exchange(given: Partial<Exchange> = {}): Exchange {
  return {
    url: 'http://localhost:3000/events',
    status: 200,
    httpVersion: '1.1',
    headers: HEADERS,
    reachedAt: 1,
    connectedAt: 1,
    headAt: 5,
    firstByteAt: 6,
    lastByteAt: 15_006,
    received: 40,
    pieces: [piece(6), piece(15_006, { beats: 1 })],
    events: [event('e.0', 'sse:cursor', '{}')],
    lastEventId: 'e.0',
    heartbeat: 15_000,
    lines: 3,
    excerpt: ': heartbeat=15000',
    maxStreams: undefined,
    end: { how: 'enough', at: 15_006 },
    ...given,
  }
}

export function headers(given: Record<string, string>): Pick<Exchange, 'headers'> {
  return { headers: { ...HEADERS, ...given } }
}

/** The findings for a stream that differs from a good one in this, and in evidence that differs in that. */
export function findingsIn(stream: Partial<Exchange> = {}, given: Partial<Evidence> = {}): NamedFinding[] {
  const { findings } = examine({
    url: 'http://localhost:3000/events',
    limits: { timeout: 40_000, slow: 1_000, settle: 2_000 },
    origin: undefined,
    headerNames: [],
    redirects: [],
    stream: exchange(stream),
    resumedFrom: 'e.0',
    resumed: exchange(),
    final: exchange({ status: 204, pieces: [], events: [] }),
    ...given,
  })
  return [...findings]
}

/** The findings of a check as `fault: what was found`. */
export function found(check: string, stream: Partial<Exchange> = {}, given: Partial<Evidence> = {}): string {
  const finding = findingsIn(stream, given).find((finding) => finding.check === check)
  return finding === undefined ? 'no finding' : `${finding.result}: ${finding.found}`
}
