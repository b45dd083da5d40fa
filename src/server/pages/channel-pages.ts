import type { HeadersLike } from '../../shared/headers-like.ts'
import { BEGIN, FOREIGN } from '../../shared/wire/offset.ts'
import { partsOf } from '../channel/channel-parts.ts'
import { RECONNECT_AFTER } from '../channel/close-settings.ts'
import type { PageReader, PageRequest, PageSource, Pages, pagesOf } from '../channel/page-port.ts'
import type { ReaderOptions } from '../channel/types.ts'
import type { Cursor } from '../log/event-log.ts'
import { disconnectSourceOf, isDisconnected } from '../stream/client-disconnect.ts'
import { sourceFailure } from '../stream/pipe.ts'
import { drawRetry, type RetryRange } from '../stream/settings.ts'
import { beginning } from './beginning.ts'
import { type Bounds, collect, endAt, readPage, rendererFor } from './collect.ts'
import { headResponse, type PageContent, pageResponse, refusal } from './page-response.ts'
import { type Poll, readPoll } from './poll.ts'
import { streamCursor } from './stream-cursor.ts'
import { Waits } from './waits.ts'

/** The options of `pages()`, checked. */
export interface PageSettings extends Bounds {
  readonly wait: number
  readonly cacheControl: string
}

/** The pages of one channel: each is read from the log, and none is kept. */
export class ChannelPages implements PageReader {
  size = 0
  readonly #source: PageSource
  readonly #isClosing: () => boolean
  readonly #keeper: { readonly onUse: () => void } | undefined
  readonly #settings: PageSettings
  readonly #waits: Waits
  /** When clients return that are sent to another process. */
  #retry: number | RetryRange = RECONNECT_AFTER

  constructor(settings: PageSettings, ...[source, isClosing, keeper]: Parameters<Pages[typeof pagesOf]>) {
    this.#settings = settings
    this.#source = source
    this.#isClosing = isClosing
    this.#keeper = keeper
    this.#waits = new Waits(source.live)
  }

  respond(request: PageRequest, options: ReaderOptions<any> | undefined): Promise<Response> | undefined {
    const isHead = request.method === 'HEAD'
    const poll = readPoll(request.url)
    if (poll === undefined && !isHead) return undefined
    return this.#respond(request, isHead ? undefined : poll, options)
  }

  stop(retry: number | RetryRange): void {
    this.#retry = retry
    this.#waits.stop()
  }

  async #respond(
    request: PageRequest,
    poll: Poll | string | undefined,
    options?: ReaderOptions<any>,
  ): Promise<Response> {
    const headers = this.#headers
    if (typeof poll === 'string') return refusal(400, poll, headers)
    this.size++
    this.#keeper?.onUse()
    try {
      const content = poll && (await this.#page(request, poll, options))
      if (content !== undefined) return await pageResponse(content, headers)
      if (poll !== undefined || this.#isClosing()) return this.#elsewhere()
      const { newest } = await readPage(this.#source.live, undefined, 0)
      return headResponse(newest, await endAt(this.#source.live, newest), headers)
    } catch (error) {
      const failure = sourceFailure('a filter, the snapshot or onGap', error)
      // The channel has reported a failure of its log.
      if (failure.code === 'log-failed') return this.#elsewhere()
      this.#source.onError(failure)
      return refusal(500, 'the page could not be made', headers)
    } finally {
      this.size--
      this.#keeper?.onUse()
    }
  }

  get #headers(): HeadersLike | undefined {
    return partsOf.get(this.#source.channel)?.streamOptions.headers
  }

  /** Sends the client to another process, as the end of a stream does. */
  #elsewhere(): Response {
    return refusal(503, 'try again later', this.#headers, drawRetry(this.#retry))
  }

  /** @returns `undefined` when there can be no page now. */
  async #page(request: PageRequest, poll: Poll, options: ReaderOptions<any> = {}): Promise<PageContent | undefined> {
    const { live } = this.#source
    if (this.#isClosing()) return undefined
    if (poll.offset === BEGIN) return this.#begin(request, '', 200, options)
    const from = poll.cursor ?? (await this.#sentinel(poll.offset))
    if (from === undefined) return this.#begin(request, FOREIGN, 400, options)
    const cursor = poll.live ? streamCursor(poll.streamCursor) : undefined
    if (poll.offset === 'now' && !poll.live)
      return { status: 200, messages: [], next: from, upToDate: true, end: await endAt(live, from) }
    const found = await this.#collect(request, from, poll.live, options)
    if (found === undefined) return undefined
    if (found === 'gap') return this.#begin(request, from, 410, options)
    const { messages, next, upToDate, end } = found
    const shared = { next, upToDate, end, streamCursor: cursor }
    if (poll.live && upToDate && messages.length === 0) return { ...shared, status: 204 }
    const control = messages.length > 0 ? this.#settings.cacheControl : 'no-store'
    const cached = { from, control, ifNoneMatch: request.headers.get('If-None-Match') }
    return { ...shared, status: 200, messages, cached: poll.offset === 'now' ? undefined : cached }
  }

  /** The events after a position. A poll waits for the first of them. */
  async #collect(request: PageRequest, from: Cursor, waits: boolean, options: ReaderOptions<any>) {
    const { live } = this.#source
    const render = rendererFor(this.#source, options)
    const client = disconnectSourceOf(request as Request)
    const until = performance.now() + (waits ? this.#settings.wait : 0)
    for (let after = from, isFirst = true; ; isFirst = false) {
      const found = await collect(live, after, render, this.#settings)
      if (found === undefined) return 'gap'
      const isEmpty = found.messages.length === 0 && found.upToDate
      const end = found.end ?? (isEmpty && isFirst ? await endAt(live, found.next) : undefined)
      const left = until - performance.now()
      if (!isEmpty || end !== undefined || left <= 0 || isDisconnected(client)) return { ...found, end }
      after = found.next
      await this.#waits.wait(after, left, client)
      if (this.#isClosing()) return undefined
    }
  }

  /** A page that a stream begins: it says why the client does not resume, and where it continues. */
  async #begin(
    request: PageRequest,
    lastEventId: string,
    status: 200 | 400 | 410,
    options: ReaderOptions<any>,
  ): Promise<PageContent | undefined> {
    const client = disconnectSourceOf(request as Request)
    // Meanwhile its stream counts instead.
    this.size--
    const begun = await beginning(this.#source.channel, client, lastEventId, options).finally(() => this.size++)
    return begun && { ...begun, status }
  }

  async #sentinel(offset: string): Promise<Cursor | undefined> {
    if (offset !== '-1' && offset !== 'now') return undefined
    const { oldest, newest } = await readPage(this.#source.live, undefined, 0)
    return offset === 'now' ? newest : oldest
  }
}
