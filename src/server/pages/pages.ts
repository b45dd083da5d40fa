import { invalidOption } from '../../shared/errors.ts'
import { LONGEST_POLL } from '../../shared/wire/page.ts'
import { type Pages, pagesOf } from '../channel/page-port.ts'
import { ChannelPages } from './channel-pages.ts'

/**
 * Options of `pages()`.
 *
 * @example
 * import { type PagesOptions, pages } from 'eventwire/pages'
 * import { createChannel } from 'eventwire/server'
 *
 * // A public channel behind a CDN.
 * const options: PagesOptions = { cacheControl: 'public, max-age=60', maxEvents: 100 }
 * const channel = createChannel<{ message: string }>({ poll: pages(options) })
 * await channel.publish('message', 'hello')
 * const { headers } = await channel.response(new Request('http://localhost/events?offset=-1'))
 * console.log(headers.get('Cache-Control'), headers.get('Stream-Up-To-Date')) // -> public, max-age=60 true
 */
export interface PagesOptions {
  /**
   * Milliseconds for which a poll waits for an event, from 1 to 55,000. Proxies give up after 30 seconds and more.
   * @default 20_000
   */
  readonly wait?: number | undefined
  /**
   * The most events of a page.
   * @default 1_024
   */
  readonly maxEvents?: number | undefined
  /**
   * The size from which a page takes no further event, in characters of JSON. A page has one event at least.
   * @default 1_048_576
   */
  readonly maxBytes?: number | undefined
  /**
   * The `Cache-Control` of pages with events, which do not change. Other pages are never cached. Say `public` only for a channel whose
   * events everybody may read.
   * @default 'private, no-cache'
   */
  readonly cacheControl?: string | undefined
}

/**
 * Responds to requests with `offset` in their query with a page of events, for clients behind proxies that hold streams back:
 * `fallback: poll()` of `eventwire/poll`, and clients of the Durable Streams protocol. Every other request receives a stream.
 *
 * @example
 * import { pages } from 'eventwire/pages'
 * import { createChannel } from 'eventwire/server'
 *
 * const channel = createChannel<{ message: string }>({ poll: pages() })
 * await channel.publish('message', 'hello')
 * const page = await channel.response(new Request('http://localhost/events?offset=-1'))
 * console.log((await page.json()).map(({ data }: { data: string }) => data)) // -> [ '"hello"' ]
 *
 * @throws {EventwireError} `invalid-option` for an option that makes no sense.
 * @see https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md
 */
export function pages(options: PagesOptions = {}): Pages {
  const { wait = 20_000, maxEvents = 1_024, maxBytes = 1_048_576, cacheControl = 'private, no-cache' } = options
  if (!(wait >= 1 && wait <= LONGEST_POLL))
    throw invalidOption('wait', wait, `give milliseconds from 1 to ${LONGEST_POLL}`)
  for (const [name, bound] of Object.entries({ maxEvents, maxBytes })) {
    if (!(bound >= 1)) throw invalidOption(name, bound, 'give a number from 1 up')
  }
  if (typeof cacheControl !== 'string')
    throw invalidOption('cacheControl', cacheControl, 'give the value of the header')
  const settings = { wait, maxEvents, maxBytes, cacheControl }
  return { [pagesOf]: (...channel) => new ChannelPages(settings, ...channel) }
}
