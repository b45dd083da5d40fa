import { invalidOption } from '../../shared/errors.ts'
import { MAX_TIMER } from '../../shared/wire/names.ts'
import type { Fallback } from '../options.ts'
import { PollTransport } from './poll-transport.ts'

/**
 * Options of `poll()`.
 *
 * @example
 * import { subscribe } from 'eventwire/client'
 * import { type PollOptions, poll } from 'eventwire/poll'
 *
 * const options: PollOptions = { timeout: 5_000, streamAfter: 60_000 }
 * const subscription = subscribe<{ ping: { time: string } }>('https://example.com/events', { fallback: poll(options) })
 * subscription.on('ping', ({ time }) => console.log(time)) // -> 12:00
 */
export interface PollOptions {
  /**
   * Milliseconds without a byte from its beginning after which a connection counts as mute. Servers with Eventwire send the first byte
   * at once.
   * @default 10_000
   */
  readonly timeout?: number | undefined
  /**
   * Milliseconds for which the client polls before it tries a stream again.
   * @default 600_000
   */
  readonly streamAfter?: number | undefined
}

/**
 * Polls when streams do not pass. Some proxies collect a response before they pass it on, so a stream never arrives. When two
 * connections in a row stay mute although a heartbeat was announced or due, the client reads pages from its cursor instead. Later it tries
 * a stream again. Listeners, gaps, ids, states and `close()` work the same, and no event is lost or repeated.
 *
 * The server needs `poll: pages()` of `eventwire/pages`.
 *
 * @example
 * import { subscribe } from 'eventwire/client'
 * import { poll } from 'eventwire/poll'
 *
 * const subscription = subscribe<{ ping: { time: string } }>('https://example.com/events', { fallback: poll() })
 * subscription.on('ping', ({ time }) => console.log(time)) // -> 12:00
 *
 * @throws {EventwireError} `invalid-option` for an option that makes no sense.
 */
export function poll({ timeout = 10_000, streamAfter = 600_000 }: PollOptions = {}): Fallback {
  for (const [name, value] of Object.entries({ timeout, streamAfter })) {
    if (!(value >= 1 && value <= MAX_TIMER))
      throw invalidOption(name, value, `give milliseconds from 1 to ${MAX_TIMER}`)
  }
  return { over: (transport) => new PollTransport(transport, { timeout, streamAfter }) }
}
