import { GAP_EVENT } from '../../../shared/wire/names.ts'
import { headerCure } from '../cures.ts'
import type { Evidence, Exchange } from '../evidence.ts'
import { type Check, type Finding, fault, ok, unknown, warning } from '../finding.ts'
import { hopsOf, named } from '../hops.ts'
import {
  endedForGood,
  firstOf,
  idsOf,
  isEcho,
  isHeldBack,
  isMute,
  isPosition,
  isStream,
  losesHeader,
  ownEvents,
  startsAnew,
} from '../reading.ts'

const MEANS = 'A client that reconnects misses events, or receives some twice.'
const FROM_THE_LOG = `publish to a channel, which replays from the id of the request:
  export const GET = (request) => channel.response(request)`

/** Whether a reconnect with an id gets what followed it. */
export const resumption: Check = (evidence) => {
  const { stream, resumed, resumedFrom } = evidence
  if (losesHeader(evidence)) return losesId(evidence)
  if (resumed === undefined || resumedFrom === undefined) return withoutIds(stream)
  if (isMute(resumed) || isHeldBack(resumed)) return unknown('nothing of the reconnect arrived')
  if (resumed.status === 204) return unknown('the server says that the stream is over (204)')
  if (!isStream(resumed)) {
    const found = `a request with Last-Event-ID gets ${resumed.status ?? 'no response'}`
    return fault(found, 'Every reconnect fails.', 'the server, or a hop, must take the header Last-Event-ID')
  }
  const first = firstOf(resumed, resumedFrom)
  if (first?.type === GAP_EVENT) return gap(first.data)
  if (startsAnew(stream, resumed, resumedFrom))
    return fault('the server ignores the id and starts anew', MEANS, FROM_THE_LOG)
  return goesOn(stream, resumed, resumedFrom)
}

function withoutIds(stream: Exchange): Finding {
  const count = ownEvents(stream).length
  if (count === 0) return unknown('no event with an id arrived', 'publish an event while the doctor watches')
  const found = `${count} ${count === 1 ? 'event' : 'events'} without an id`
  return warning(found, 'What is sent while a client is disconnected never reaches it.', FROM_THE_LOG)
}

/** The server understood the id, and cannot continue from it although it is fresh. */
function gap(data: string): Finding {
  const reason = /"reason":"(\w+)"/.exec(data)?.[1] ?? 'unknown reason'
  if (reason === 'trimmed') {
    const cure = 'keep more: log: memoryLog({ maxEvents, maxBytes })'
    return warning('gap: trimmed', 'The history is too short for an event that has just been sent.', cure)
  }
  const means =
    'The reconnect reached a process whose log does not know the id. Several processes with a log each are behind this address.'
  return fault(`gap: ${reason}`, means, 'give them one log: redisLog() for several machines, sqliteLog() for one')
}

/** The id does not reach the server. */
function losesId(evidence: Evidence): Finding {
  const found = 'the server does not see the header Last-Event-ID, and starts anew'
  const who = `The header is removed by ${named(hopsOf(evidence))}`
  const pass = headerCure(hopsOf(evidence))
  if (evidence.finalByQuery?.status !== 204) return fault(found, `${who}. ${MEANS}`, pass)
  const cure = `${pass}\nor subscribe(url, { cursorIn: 'query' })`
  return fault(found, `${who}; the id in the query arrives. ${MEANS}`, cure)
}

function goesOn(stream: Exchange, resumed: Exchange, from: string): Finding {
  const ids = idsOf(stream)
  const next = ids[ids.indexOf(from) + 1]
  const first = firstOf(resumed, from)
  const confirmed = resumed.events.some((event) => isEcho(event, from))
  if (confirmed && first === undefined) return ok('the server goes on from the id; nothing was missed')
  // A channel may leave events out for a reader that is paced or filtered, and says so when others are missing.
  if (first !== undefined && (confirmed || stream.events.some(isPosition))) return ok('the server replays from the id')
  if (next !== undefined) return next === first?.id ? ok('the server replays from the id') : skips(from, next)
  if (first !== undefined) return ok('the server goes on after the id')
  if (endedForGood(resumed)) return ok('the server goes on from the id, to the end')
  return unknown('nothing was sent after the id', 'publish events while the doctor watches')
}

function skips(from: string, next: string): Finding {
  const found = `after the id ${from} the server does not replay ${next}`
  return fault(found, 'A client that reconnects misses what was sent meanwhile.', FROM_THE_LOG)
}
