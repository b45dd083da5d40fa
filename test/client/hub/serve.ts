import { createHub, type HubOptions } from '../../../src/client/hub/index.ts'
import type { FetchInit } from '../../../src/client/options.ts'
import { type Channel, createChannel, createStream, type ReaderOptions } from '../../../src/server/index.ts'

export interface Events {
  changed: number
  snapshot: string
}

export interface Requested {
  readonly topics: string[]
  readonly added: string[]
  readonly lastEventId: string | undefined
  readonly signal: AbortSignal
}

/** A channel behind `fetch`, as a hub asks for it, and what was asked. */
export class Server {
  channel: Channel<Events> = createChannel<Events>({ stream: { heartbeat: 20 } })
  readonly requests: Requested[] = []
  /** Answers in place of the channel. */
  refuse: ((request: Requested) => Response | undefined) | undefined
  snapshots = false
  readerOptions: ReaderOptions<Events> = {}
  controls: 'events' | 'comments' = 'events'
  readonly #watchers = new Set<() => void>()

  readonly fetch = async (url: string, init: FetchInit): Promise<Response> => {
    const { searchParams } = new URL(url)
    const list = (name: string) => (searchParams.get(name) ?? '').split(',').filter(Boolean)
    const requested: Requested = {
      topics: list('topics'),
      added: list('new'),
      lastEventId: init.headers['last-event-id'],
      signal: init.signal,
    }
    this.requests.push(requested)
    for (const check of this.#watchers) check()
    const refused = this.refuse?.(requested)
    if (refused) return refused
    const stream = createStream<Events>(new Request(url, init as RequestInit), {
      heartbeat: 20,
      controls: this.controls,
    })
    if (this.snapshots) for (const topic of requested.added) stream.send('snapshot', topic, { topics: [topic] })
    this.channel.subscribe(stream, { topics: requested.topics, ...this.readerOptions })
    return stream.response
  }

  /** Resolves once there have been so many requests. */
  requested(count: number): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (this.requests.length < count) return
        this.#watchers.delete(check)
        resolve()
      }
      this.#watchers.add(check)
      check()
    })
  }

  /** How many connections are open. */
  get open(): number {
    return this.channel.size
  }

  hub(options: HubOptions<Events> = {}, announces = false) {
    const url = (topics: readonly string[], added: readonly string[]) =>
      `https://example.com/events?topics=${topics}${announces ? `&new=${added}` : ''}`
    return createHub<Events>(url, { fetch: this.fetch, settle: 20, retry: { min: 100, max: 100 }, ...options })
  }
}
