/** The names of the page format, of which the reading side of the Durable Streams protocol is a part. */

export const PAGE_MEDIA_TYPE = 'application/json'
export const OFFSET_QUERY = 'offset'
export const LIVE_QUERY = 'live'
export const LONG_POLL = 'long-poll'
/** The query parameter whose value comes from the header `Stream-Cursor`. It gives each round of a poll a URL of its own in caches. */
export const CURSOR_QUERY = 'cursor'
export const NEXT_OFFSET = 'Stream-Next-Offset'
export const UP_TO_DATE = 'Stream-Up-To-Date'
export const CLOSED = 'Stream-Closed'
export const STREAM_CURSOR = 'Stream-Cursor'
/** How a run ended, beside `Stream-Closed`. Our own addition. */
export const HOW = 'Stream-How'

/** The longest time in milliseconds for which a server may hold a poll back. Clients wait a little longer. */
export const LONGEST_POLL = 55_000
