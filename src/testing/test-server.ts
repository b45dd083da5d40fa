/// <reference lib="esnext.disposable" preserve="true" />
import { type EventTypes, typeLookupOf } from '../shared/events/define-events.ts'
import type { AnyEvents } from '../shared/events/event-map.ts'
import type { OptionsFor } from '../shared/events/options-for.ts'
import { listen } from './listen.ts'
import { urlMatcher, urlOf } from './match-url.ts'
import { Connection, type TestConnection } from './test-connection.ts'

/** A server that the test drives: it responds to nothing by itself. */
export interface TestServer<Events extends object> {
  /**
   * A `fetch`, for `subscribe(url, { fetch })` or in the place of the global one. Each request becomes a connection that waits for
   * its response.
   */
  readonly fetch: typeof globalThis.fetch
  /** All connections so far, oldest first. */
  readonly connections: readonly TestConnection<Events>[]
  /** Resolves to the oldest connection that this method has not returned yet, as soon as there is one. */
  connection(): Promise<TestConnection<Events>>
  /**
   * Listens on a port of this machine, for clients that are not given a `fetch`: a browser that Playwright or Cypress drives, or a
   * client in another language. Requests become connections, as those of `fetch` do. Pages of every origin may read the responses.
   * A request that the option `url` leaves out gets a 404, and one that `fetch` cannot make (a GET with a body, TRACE) a 400. When the
   * function `url` throws, the response is a 500.
   *
   * Node, Bun and Deno only: it imports `node:http` when it is called.
   *
   * @throws {Error} As a rejection: the error of `node:http` when the port is taken, or of the import where there is no `node:http`.
   */
  listen(options?: {
    /**
     * Port that accepts the connections.
     * @default a free one
     */
    readonly port?: number | undefined
    /**
     * Name or address to listen on. Give the host of the page when its cookies have to be sent.
     * @default '127.0.0.1'
     */
    readonly host?: string | undefined
  }): Promise<ListeningTestServer<Events>>
}

/**
 * A test server that listens on a port.
 *
 * @example
 * import { createTestServer, type ListeningTestServer } from 'eventwire/testing'
 *
 * const mock = createTestServer<{ message: string }>({ url: '/events' })
 * const server: ListeningTestServer<{ message: string }> = await mock.listen()
 * const fetched = fetch(server.url) // any client: a browser, curl, another process
 * const connection = await server.connection()
 * connection.send('message', 'hello')
 * connection.end()
 * console.log((await (await fetched).text()).split('\n')[0]) // -> data: "hello"
 * await server.close()
 */
export interface ListeningTestServer<Events extends object> extends TestServer<Events>, AsyncDisposable {
  /** Where the stream is: the address, with the path of the option `url`. */
  readonly url: string
  /** Breaks the connections that came over this port, and frees it. `await using` does the same. */
  close(): Promise<void>
}

/**
 * Creates a server without a network, for tests of a client: its `fetch` takes the requests, the test responds to them.
 *
 * @example
 * import { subscribe } from 'eventwire/client'
 * import { createTestServer } from 'eventwire/testing'
 *
 * const server = createTestServer<{ ping: { time: string } }>()
 * using subscription = subscribe<{ ping: { time: string } }>('https://example.com/events', { fetch: server.fetch })
 * const connection = await server.connection()
 * connection.send('ping', { time: '12:00' }, { id: '7' })
 * console.log((await subscription.once('ping')).data) // -> { time: '12:00' }
 * connection.break()
 * console.log((await server.connection()).lastEventId) // -> 7
 *
 * @throws {EventwireError} `invalid-option` when `events` was not made by `defineEvents()` or `eventsWithCodec()`, or `url` is not one.
 */
export function createTestServer<Events extends object = AnyEvents>(
  ...optionsWithEvents: OptionsFor<
    Events,
    {
      /** The map made by `defineEvents()` or `eventsWithCodec()`; without it every payload is JSON. */
      readonly events?: (Events & EventTypes) | undefined
      /**
       * The requests that this server takes: a path such as `/events`, an absolute URL, or a function that decides. Queries do
       * not count. All other requests go to the global `fetch` that was there when the server was created. Without it the server takes
       * every request.
       */
      readonly url?: string | URL | ((url: URL) => boolean) | undefined
    }
  >
): TestServer<Events> {
  const [options = {}]: [({ readonly events?: any; readonly url?: Parameters<typeof urlMatcher>[0] } | undefined)?] =
    optionsWithEvents
  const lookup = typeLookupOf(options.events)
  const matches = urlMatcher(options.url)
  // Captured: once `server.fetch` stands in its place, the global one would lead back here.
  const elsewhere = globalThis.fetch
  const connections: Connection[] = []
  const untaken: Connection[] = []
  const waiting: ((connection: Connection) => void)[] = []
  const accept = (request: Request, signal: AbortSignal | null | undefined): Connection => {
    const connection = new Connection(request, signal, lookup)
    connections.push(connection)
    const taker = waiting.shift()
    if (taker) taker(connection)
    else untaken.push(connection)
    return connection
  }
  const fetched = (input: string | URL | Request, { signal, ...init }: RequestInit): Promise<Response> => {
    const aborts = signal === undefined && typeof input === 'object' && 'signal' in input ? input.signal : signal
    aborts?.throwIfAborted()
    return accept(new Request(input, init), aborts).response
  }
  const server: TestServer<AnyEvents> = {
    connections,
    fetch: (async (input: string | URL | Request, init: RequestInit = {}) => {
      const url = urlOf(input)
      const ours = url === undefined ? options.url === undefined : matches(url)
      return ours ? fetched(input, init) : elsewhere(input, init)
    }) as typeof globalThis.fetch,
    connection: () =>
      new Promise((resolve) => {
        const connection = untaken.shift()
        if (connection) resolve(connection)
        else waiting.push(resolve)
      }),
    async listen(where) {
      const { url, close } = await listen({ only: options.url, accept }, where)
      return { ...server, url, close, [Symbol.asyncDispose]: close }
    },
  }
  return server as TestServer<any>
}
