/** The names that both ends agree on. */

/** Names and ids that start with this are Eventwire's own; users cannot send them. */
export const RESERVED_PREFIX = 'sse:'
/** A subscriber's own position: its `id` moves the cursor, it never reaches a listener. */
export const CURSOR_EVENT = 'sse:cursor'
/** History no longer covers the client's cursor: `{ reason, oldest }`. */
export const GAP_EVENT = 'sse:gap'
/** The stream is over for good: the client does not reconnect. */
export const END_EVENT = 'sse:end'
/** The id that the last frame of a finished stream leaves with the client. A client that sends it gets a 204. */
export const TERMINAL_ID = 'sse:end'

export const MEDIA_TYPE = 'text/event-stream'
export const LAST_EVENT_ID_HEADER = 'Last-Event-ID'
/** The query parameter that carries the cursor where a header cannot. */
export const LAST_EVENT_ID_QUERY = 'lastEventId'

/** Maximum size of an id in bytes of UTF-8: the client sends it back in a header. */
export const MAX_ID_BYTES = 4_096

/** The comment that announces the server's heartbeat in milliseconds, first thing on a stream. */
export const HEARTBEAT_COMMENT = 'heartbeat='

/** How the comment begins that has the id and the trace context of an event. */
export const TRACE_COMMENT = 'traceparent: '

/** The largest delay that timers of browsers and Node keep: beyond it they fire at once. */
export const MAX_TIMER = 2_147_483_647
