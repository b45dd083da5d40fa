import { asHeader } from '../../../client/transport/fetch-transport.ts'
import { LAST_EVENT_ID_HEADER, LAST_EVENT_ID_QUERY, MEDIA_TYPE, TERMINAL_ID } from '../../../shared/wire/names.ts'
import type { Exchange } from '../evidence.ts'
import type { DoctorOptions } from '../options.ts'
import { preflighted } from '../preflighted.ts'
import { ACCEPTED } from './decoder.ts'
import { exchange, type Question } from './exchange.ts'
import { headOnly, replaying, watching } from './patience.ts'

/** The longest that a request beside the stream may take, in milliseconds. */
const BESIDE = 5_000

/** The requests, as a client would send them. */
export class Questions {
  readonly #options: DoctorOptions
  readonly #url: URL

  constructor(options: DoctorOptions, url: URL) {
    this.#options = options
    this.#url = url
  }

  stream(timeout: number): Promise<Exchange> {
    return this.#get([], timeout, watching(this.#options.limits), ACCEPTED)
  }

  /** The stream again, for its first piece, without compression. */
  plain(): Promise<Exchange> {
    const { timeout } = this.#options.limits
    const patience = ({ pieces }: Exchange) => (pieces.length > 0 ? 0 : Number.POSITIVE_INFINITY)
    return this.#get([], Math.min(timeout, BESIDE), patience, 'identity')
  }

  reconnect(id: string): Promise<Exchange> {
    const { limits } = this.#options
    return this.#get(idHeader(id), Math.max(BESIDE, limits.slow + limits.settle), replaying(limits, id))
  }

  final(id: string): Promise<Exchange> {
    return this.#get(idHeader(id), BESIDE, headOnly)
  }

  finalByQuery(): Promise<Exchange> {
    const url = new URL(this.#url)
    url.searchParams.set(LAST_EVENT_ID_QUERY, TERMINAL_ID)
    return this.#get([], BESIDE, headOnly, ACCEPTED, url)
  }

  /** The request that a browser makes before a page's reconnect, on behalf of `subscribe()`. */
  preflight(origin: string): Promise<Exchange> {
    const names = [LAST_EVENT_ID_HEADER, ...this.#options.headers.map(([name]) => name)]
    return exchange({
      url: this.#url,
      method: 'OPTIONS',
      headers: [
        ['Accept', '*/*'],
        ['Origin', origin],
        ['Access-Control-Request-Method', 'GET'],
        ['Access-Control-Request-Headers', preflighted(names).join(',')],
      ],
      timeout: BESIDE,
      patience: headOnly,
    })
  }

  #get(
    added: Question['headers'],
    timeout: number,
    patience: Question['patience'],
    encoding = ACCEPTED,
    url = this.#url,
  ): Promise<Exchange> {
    const { origin, headers } = this.#options
    // As fetch and EventSource do, nothing of the user goes to another origin.
    const own = url.origin === this.#options.url.origin ? headers : []
    const usual: Question['headers'] = [
      ['Accept', MEDIA_TYPE],
      ['Accept-Encoding', encoding],
      ['Cache-Control', 'no-cache'],
      ['User-Agent', 'eventwire-doctor'],
      ...(origin === undefined ? [] : [['Origin', origin] as const]),
      ...added,
    ]
    const given = new Set(own.map(([name]) => name.toLowerCase()))
    const kept = usual.filter(([name]) => !given.has(name.toLowerCase()))
    return exchange({ url, method: 'GET', headers: [...kept, ...own], timeout, patience })
  }
}

function idHeader(id: string): Question['headers'] {
  return id === '' ? [] : [[LAST_EVENT_ID_HEADER, asHeader(id)]]
}
