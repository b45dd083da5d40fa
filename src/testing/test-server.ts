import type { FetchLike } from '../client/options.ts'
import { type EventTypes, findTypeOf } from '../shared/events/define-events.ts'
import type { AnyEvents } from '../shared/events/event-map.ts'
import { Connection, type TestConnection } from './test-connection.ts'

/**
 * Options of `createTestServer()`.
 *
 * @example
 * import { defineEvents, text } from 'eventwire'
 * import { subscribe } from 'eventwire/client'
 * import { createTestServer, type TestServerOptions } from 'eventwire/testing'
 *
 * const events = defineEvents({ message: text() })
 * const options: TestServerOptions<typeof events> = { events }
 * const server = createTestServer(options)
 * using subscription = subscribe('https://example.com/events', { events, fetch: server.fetch })
 * ;(await server.connection()).send('message', 'no JSON')
 * console.log((await subscription.once('message')).data) // -> no JSON
 */
export interface TestServerOptions<Events extends object> {
  /** The map made by `defineEvents()` or `everyEvent()`; without it every payload is JSON. */
  readonly events?: (Events & EventTypes) | undefined
}

/**
 * A server in the hands of a test: it answers nothing by itself.
 *
 * @example
 * import { subscribe } from 'eventwire/client'
 * import { createTestServer, type TestServer } from 'eventwire/testing'
 *
 * const server: TestServer<{ message: string }> = createTestServer()
 * using subscription = subscribe('https://example.com/events', { fetch: server.fetch })
 * const connection = await server.connection()
 * console.log(server.connections.length, connection.request.url) // -> 1 https://example.com/events
 */
export interface TestServer<Events extends object> {
  /** Give it to `subscribe(url, { fetch })`. Each request becomes a connection that waits for its answer. */
  readonly fetch: FetchLike
  /** All connections so far, oldest first. */
  readonly connections: readonly TestConnection<Events>[]
  /** The oldest connection that was not asked for yet, as soon as it is there. */
  connection(): Promise<TestConnection<Events>>
}

/**
 * A server without a network, for tests of a client: its `fetch` takes the requests, the test answers them.
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
 * @throws {EventwireError} `invalid-option` when `events` was not made by `defineEvents()` or `everyEvent()`.
 */
export function createTestServer<Events extends object = AnyEvents>(
  options: TestServerOptions<Events> = {},
): TestServer<Events> {
  const find = findTypeOf(options.events)
  const connections: Connection[] = []
  const untaken: Connection[] = []
  const waiting: ((connection: Connection) => void)[] = []
  const server: TestServer<AnyEvents> = {
    connections,
    async fetch(url, init) {
      init.signal?.throwIfAborted()
      const connection = new Connection(url, init, find)
      connections.push(connection)
      const taker = waiting.shift()
      if (taker) taker(connection)
      else untaken.push(connection)
      return connection.response
    },
    connection: () =>
      new Promise((resolve) => {
        const connection = untaken.shift()
        if (connection) resolve(connection)
        else waiting.push(resolve)
      }),
  }
  return server as TestServer<any>
}
