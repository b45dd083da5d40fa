import type { EventwireError } from '../../shared/errors.ts'
import type { EventOf } from '../../shared/events/event-map.ts'
import type { LogEntry } from '../log/event-log.ts'
import type { LiveLog } from '../log/live-log.ts'
import type { RetryRange } from '../stream/settings.ts'
import type { Channel, ReaderOptions } from './types.ts'

/** The name of the function with which a channel takes its pages. */
export const pagesOf: unique symbol = Symbol()

/**
 * Responds to clients that poll. `pages()` of `eventwire/pages` makes one; give it to all of your channels.
 *
 * @example
 * import { pages } from 'eventwire/pages'
 * import { createChannel, type Pages } from 'eventwire/server'
 *
 * const poll: Pages = pages({ maxEvents: 100 })
 * const channel = createChannel<{ message: string }>({ poll })
 * await channel.publish('message', 'hello')
 * const page = await channel.response(new Request('http://localhost/events?offset=-1'))
 * console.log((await page.json())[0].data) // -> "hello"
 */
export interface Pages {
  /**
   * @internal
   * @param isClosing - Whether clients are sent to another process.
   */
  [pagesOf](
    source: PageSource,
    isClosing: () => boolean,
    keeper: { readonly onUse: () => void } | undefined,
  ): PageReader
}

/** The part of a channel's readers that pages are made from. */
export interface PageSource {
  readonly channel: Channel<any, unknown>
  readonly live: LiveLog
  /** An entry as a filter sees it. */
  decode(entry: LogEntry): EventOf<any>
  /** Reports a failure to the listeners of the channel. */
  onError(error: EventwireError): void
}

/** The part of a request that pages are made for: a Fetch request has it. */
export interface PageRequest {
  readonly method?: string | undefined
  readonly url: string
  readonly headers: { get(name: string): string | null }
  readonly signal: AbortSignal
}

/** The pages of one channel. */
export interface PageReader {
  /** The number of polls under way. */
  readonly size: number
  /** The response to a request for a page, or for the metadata; `undefined` for any other request, which gets a stream. */
  respond(request: PageRequest, options: ReaderOptions<any> | undefined): Promise<Response> | undefined
  /** Ends the polls that wait. Clients return after this time. */
  stop(retry: number | RetryRange): void
}
