/** Everything that the doctor has observed. It is gathered once; the checks read it and make no requests. Times are milliseconds of one exchange. */
export interface Evidence {
  /** The URL that was given. */
  readonly url: string
  readonly limits: Limits
  /** The origin of a page, for CORS. */
  readonly origin: string | undefined
  /** Names of the headers that the user sends, in lower case. */
  readonly headerNames: readonly string[]
  /** The responses that led on to another URL. */
  readonly redirects: readonly Redirect[]
  /** The request for the stream itself, watched until enough was seen. */
  readonly stream: Exchange
  /** The stream again without compression, when nothing arrived. */
  readonly plain?: Exchange | undefined
  /** A reconnect with the id of an event that the stream had delivered. */
  readonly resumed?: Exchange | undefined
  /** The id that was sent for it. */
  readonly resumedFrom?: string | undefined
  /** A reconnect after the end. */
  readonly final?: Exchange | undefined
  /** The same with the id in the query, when the header had no effect. */
  readonly finalByQuery?: Exchange | undefined
  /** The preflight of a page on another origin. */
  readonly preflight?: Exchange | undefined
}

/** Thresholds above which something counts as late. */
export interface Limits {
  /** The longest time for which the stream is watched. */
  readonly timeout: number
  /** A first byte or a heartbeat that is this late counts as late. */
  readonly slow: number
  /** How long a reconnect may take to replay. */
  readonly settle: number
}

/** A response that sent the doctor elsewhere. */
export interface Redirect {
  readonly status: number
  readonly from: string
  readonly to: string
}

/** One request and its response. */
export interface Exchange {
  readonly url: string
  /** `undefined` until a response has come. */
  readonly status: number | undefined
  /** `1.0`, `1.1` or `2`. */
  readonly httpVersion: string
  /** By names in lower case. Headers that came more than once are joined with `, `. */
  readonly headers: Readonly<Record<string, string>>
  /** When the TCP connection was there. */
  readonly reachedAt: number | undefined
  /** When a request could be sent: behind TLS on https. */
  readonly connectedAt: number | undefined
  readonly headAt: number | undefined
  /** When the first byte of the body arrived, compressed or not. */
  readonly firstByteAt: number | undefined
  /** When the last one arrived. */
  readonly lastByteAt: number | undefined
  /** How many bytes of the body arrived, compressed or not. */
  readonly received: number
  /** The pieces in which the body arrived, decompressed; only the first of them are kept. */
  readonly pieces: readonly Piece[]
  /** Events and positions, in order; only the first of them are kept. */
  readonly events: readonly SeenEvent[]
  readonly lastEventId: string
  /** The heartbeat that the first comment announced, in milliseconds. */
  readonly heartbeat: number | undefined
  /** How many lines were fields or comments of the format. */
  readonly lines: number
  /** The text with which the body begins. */
  readonly excerpt: string
  /** How many streams the server lets one HTTP/2 connection have. */
  readonly maxStreams: number | undefined
  readonly end: End
}

/** A piece of the body. */
export interface Piece {
  readonly at: number
  readonly size: number
  readonly events: number
  /** Empty comments in it: heartbeats, each of which the server sent at a time of its own. */
  readonly beats: number
  /** Other comments behind the first. */
  readonly comments: number
  /** The piece ends within a line. */
  readonly cut: boolean
}

/** An event, or a position: a block with an id and without data, which has the type `''`. */
export interface SeenEvent {
  readonly at: number
  readonly type: string
  readonly data: string
  readonly id: string
}

/**
 * How an exchange ended: the doctor had `enough` or waited for the whole `timeout`; the server ended the response (`complete`); the
 * connection `broke`; or there was none (`failed`).
 */
export interface End {
  readonly how: 'enough' | 'timeout' | 'complete' | 'broke' | 'failed'
  readonly at: number
  /** The code and the text of the error. */
  readonly code?: string | undefined
  readonly message?: string | undefined
}
