import type { Message } from '../shared/parse.ts'
import type { SubscribeOptions } from './options.ts'

/**
 * How one connection is made. A transport MUST report nothing after `signal` has aborted, MUST free the connection then,
 * and MUST NOT retry silently: it reports an interruption, or it fails.
 */
export interface Transport {
  /** The first option that it cannot honour. */
  refuses?(options: SubscribeOptions<any>): string | undefined
  /** Events have to be asked for by name, and the cursor travels in the query. */
  readonly byName?: boolean
  /**
   * Resolves when the server ended the stream (`'ended'`) or asked not to come back (`'stopped'`), rejects with the
   * `EventwireError` of the failure.
   */
  connect(request: TransportRequest, receiver: TransportReceiver): Promise<'ended' | 'stopped'>
}

/** What a transport connects with, made anew for each attempt. */
export interface TransportRequest {
  readonly url: string
  /** The caller's headers: secrets, for the origin of `url` only. */
  readonly headers: Headers
  readonly body: unknown
  readonly lastEventId: string
  /** Whether the cursor is in `url` already. */
  readonly cursorInUrl: boolean
  readonly signal: AbortSignal
  /** What else `subscribe` was given: `method`, `credentials`, `fetch`, `maxEventSize`. */
  readonly options: SubscribeOptions<any>
  /** Calls back with each name that is listened to, now and later. */
  readonly listen: (listener: (type: string) => void) => void
}

/** What a transport reports, in the order of the wire. */
export interface TransportReceiver {
  /** The server has accepted. */
  open(url: string, headers: Headers): void
  message(message: Message): void
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
