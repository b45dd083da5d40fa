import { MISSED_HEARTBEATS, SHORTEST_HEARTBEAT } from '../../client/subscription/liveness.ts'
import { CURSOR_EVENT, GAP_EVENT, RESERVED_PREFIX, TERMINAL_ID } from '../../shared/wire/names.ts'
import type { Evidence, Exchange, Limits, SeenEvent } from './evidence.ts'

/** Whether a response is a stream, by its head. */
export function isStream({ status, headers }: Exchange): boolean {
  return status === 200 && mediaType(headers['content-type']) === 'text/event-stream'
}

/** The type without its parameters. */
export function mediaType(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1)[0]!.trim().toLowerCase()
}

/** Whether the server is one of Eventwire: it announces its heartbeat, or sends control information. */
export function isEventwire({ heartbeat, events }: Exchange): boolean {
  return heartbeat !== undefined || events.some(({ type }) => type.startsWith(RESERVED_PREFIX))
}

/** Whether the server took the request and sent no head. */
export function isMute({ connectedAt, status, end }: Exchange): boolean {
  return connectedAt !== undefined && status === undefined && end.how === 'timeout'
}

/** Whether a response is compressed and has brought nothing that can be decompressed. */
export function isHeldBack({ headers, pieces, end }: Exchange): boolean {
  return headers['content-encoding'] !== undefined && pieces.length === 0 && end.how === 'timeout'
}

/** Whether the body is not compressed as its head says: the codes of zlib and of Brotli. */
export function isCorrupt({ end }: Exchange): boolean {
  return /^(Z_|ERR__)/.test(end.code ?? '')
}

/** Whether the server said that the stream is over for good. */
export function endedForGood({ events }: Exchange): boolean {
  return events.some(({ id }) => id === TERMINAL_ID)
}

/** Events that a page would see. */
export function ownEvents({ events }: Exchange): SeenEvent[] {
  return events.filter(({ type }) => type !== '' && !type.startsWith(RESERVED_PREFIX))
}

/** A server's position for a reader: an event of its own, or a block with an id alone. */
export function isPosition({ type }: SeenEvent): boolean {
  return type === CURSOR_EVENT || type === ''
}

/** The ids of a stream, each once, in order. */
export function idsOf({ events }: Exchange): string[] {
  return [...new Set(events.map(({ id }) => id))].filter((id) => id !== '' && id !== TERMINAL_ID)
}

/**
 * The id to reconnect with: of the first event when others have followed, so that the server has something to replay, and so
 * that neither the first nor the newest position of the server is the same.
 */
export function idToResumeFrom(stream: Exchange): string | undefined {
  const withIds = stream.events.filter(({ id }) => id !== '' && id !== TERMINAL_ID)
  const events = withIds.filter((event) => !isPosition(event))
  return (events.length > 1 ? events : withIds)[0]?.id
}

/** Whether a server confirms the id of a reconnect: Eventwire's do, before anything else. */
export function isEcho(event: SeenEvent, from: string): boolean {
  return isPosition(event) && event.id === from
}

/** The first piece that a reconnect was sent after the confirmation: the gap if there is one, else the first event or position with an id. */
export function firstOf({ events }: Exchange, from: string): SeenEvent | undefined {
  const gap = events.find(({ type }) => type === GAP_EVENT)
  return gap ?? events.find((event) => event.id !== '' && !isEcho(event, from))
}

/** Whether a reconnect with an id got what a first connection gets. */
export function startsAnew(stream: Exchange, resumed: Exchange, from: string): boolean {
  const first = firstOf(resumed, from)
  if (first === undefined || first.type === GAP_EVENT || resumed.events.some((event) => isEcho(event, from)))
    return false
  // A filtered reader gets a position at a heartbeat.
  if (isPosition(first)) return resumed.pieces.every(({ beats }) => beats === 0)
  const ids = idsOf(stream)
  const known = ids.indexOf(first.id)
  return known !== -1 && known <= ids.indexOf(from)
}

/** Whether the header `Last-Event-ID` is removed on its way: a server of Eventwire would have said that the stream is over. */
export function losesHeader({ stream, final }: Pick<Evidence, 'stream' | 'final'>): boolean {
  return isEventwire(stream) && final?.status === 200
}

/** The silence after which a client gives up, plus what counts as slow. Clients do not believe very short heartbeats. */
export function longestSilence(heartbeat: number, { slow }: Limits): number {
  return MISSED_HEARTBEATS * Math.max(heartbeat, SHORTEST_HEARTBEAT) + slow
}

/** The longest time without a byte, in milliseconds. */
export function silenceOf({ pieces, end }: Exchange): number {
  const times = [...pieces.map(({ at }) => at), end.at]
  return times.reduce((longest, at, index) => Math.max(longest, index === 0 ? 0 : at - times[index - 1]!), 0)
}
