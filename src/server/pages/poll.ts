import { fromOffset } from '../../shared/wire/offset.ts'
import { CURSOR_QUERY, LIVE_QUERY, LONG_POLL, OFFSET_QUERY } from '../../shared/wire/page.ts'

/** The parameters of a request for a page. */
export interface Poll {
  /** The offset as the client sent it. */
  readonly offset: string
  /** The position that the offset stands for, where it is one. */
  readonly cursor: string | undefined
  /** Whether to wait for events if there are none. */
  readonly live: boolean
  /** The client's last `Stream-Cursor`. */
  readonly streamCursor: string | undefined
}

/** The poll of a request: a text that says why it is refused, and `undefined` for a request that does not poll. */
export function readPoll(url: string): Poll | string | undefined {
  const start = url.indexOf('?')
  if (start === -1) return undefined
  const query = new URLSearchParams(url.slice(start + 1))
  const offsets = query.getAll(OFFSET_QUERY)
  const live = query.get(LIVE_QUERY)
  if (offsets.length === 0 && live === null) return undefined
  if (live !== null && live !== LONG_POLL)
    return `live must be ${LONG_POLL}; without offset and live the response is a stream`
  const [offset] = offsets
  if (offset === undefined || offset === '' || offsets.length > 1) return 'give one offset'
  return {
    offset,
    cursor: fromOffset(offset),
    live: live !== null,
    streamCursor: query.get(CURSOR_QUERY) ?? undefined,
  }
}
