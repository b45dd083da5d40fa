import type { Message } from '../../shared/wire/parse.ts'
import type { SubscribeOptions } from '../options.ts'

/**
 * How connections are made. `eventSourceTransport()` makes one; its members are not part of the public contract.
 *
 * A transport MUST report nothing after `signal` has aborted, MUST free the connection then, and MUST NOT retry silently: it
 * reports an interruption, or it fails.
 */
export interface Transport {
  /** The first option that it cannot honour. */
  refuses?(options: SubscribeOptions<any>): string | undefined
  /** Events have to be asked for by name, and the cursor travels in the query. */
  readonly byName?: boolean
  /**
   * Resolves when the server ended the stream (`'ended'`), responded with 204 (`'stopped'`), or has said what it had to say and is to be
   * asked again at once (`'again'`). Rejects with the `EventwireError` of the failure.
   */
  connect(request: TransportRequest, receiver: TransportReceiver): Promise<'ended' | 'stopped' | 'again'>
}

/** The request that a transport sends, made anew for each attempt. */
export interface TransportRequest {
  /** Absolute. */
  readonly url: string
  /** The method of this attempt. */
  readonly method: string
  /** The caller's headers: secrets, for the origin of `url` only. */
  readonly headers: Headers
  /** The caller's body, as `fetch` takes it. */
  readonly body: unknown
  /** The cursor, `''` when there is none. */
  readonly lastEventId: string
  /** Whether the cursor is in `url` already. */
  readonly cursorInUrl: boolean
  /** Aborts when the connection is given up. */
  readonly signal: AbortSignal
  /** All options of `subscribe`, for `credentials`, `fetch`, `accept` and `maxEventSize`. */
  readonly options: SubscribeOptions<any>
  /** Calls back with each name that is listened to, now and later. */
  readonly listen: (listener: (type: string) => void) => void
}

/** Receives the reports of a transport, in wire order. */
export interface TransportReceiver {
  /** The server has accepted. */
  open(url: string, headers: Headers): void
  /** An event has come. */
  message(message: Message): void
  /** A comment has come, without its colon and one space after it. */
  comment(text: string): void
  /** The server's reconnection time in milliseconds. */
  retry(delay: number): void
  /** Bytes have come; `id` is the last event id behind them, given once they are read. */
  alive(id?: string): void
  /** To be awaited before reading on, until it is `undefined`. */
  ready(): Promise<void> | undefined
  /** The connection was lost, and the transport itself is making another one. */
  interrupted(cause: unknown): void
}
