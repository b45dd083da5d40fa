import { checkResponse } from '../client/transport/check-response.ts'
import { asHeader } from '../client/transport/fetch-transport.ts'
import { EventwireError, invalidOption } from '../shared/errors.ts'
import { type DecoderLookup, decoderLookupOf, type EventTypes } from '../shared/events/define-events.ts'
import type { AnyEvents, EventOf } from '../shared/events/event-map.ts'
import type { OptionsFor } from '../shared/events/options-for.ts'
import { decodePayload } from '../shared/events/payload.ts'
import { LAST_EVENT_ID_HEADER, RESERVED_PREFIX } from '../shared/wire/names.ts'
import { createParser, eventWith, type Message } from '../shared/wire/parse.ts'
import { collectFrom, type Enough } from './collect-events.ts'

/** A client that the test drives: it reads only when asked to. */
export interface TestClient<Events extends object> {
  /** All messages read so far, as they were on the wire, including Eventwire's own (`sse:`). */
  readonly messages: readonly Message[]
  /** All comments read so far. The first one announces the heartbeat. */
  readonly comments: readonly string[]
  /** The last reconnection time read, in milliseconds. */
  readonly retry: number | undefined
  /** The cursor: the id of the last event read. */
  readonly lastEventId: string
  /** Whether the end of the stream was read. */
  readonly ended: boolean
  /**
   * Reads the next event, decoded. Eventwire's own events are skipped.
   *
   * @throws {EventwireError} `stream-ended` after the last event; `http-status`, `wrong-content-type`, `missing-body`,
   *   `payload-not-decodable`, `payload-rejected`, `event-too-large`.
   */
  next(): Promise<EventOf<Events>>
  /**
   * Reads events until there are enough; without an argument up to the end of the stream.
   *
   * @throws {EventwireError} `stream-ended` when the stream ends before there are enough, and everything that `next()` throws.
   */
  collect(enough?: {
    /** How many events to read; without it the number does not matter. */
    readonly count?: number | undefined
    /** Returns `true` for the last event to read. */
    readonly until?: ((event: EventOf<Events>) => boolean) | undefined
  }): Promise<EventOf<Events>[]>
  /**
   * Reads one chunk, whether it contains an event or not. Resolves to `false` at the end of the stream.
   *
   * @throws {EventwireError} `http-status`, `wrong-content-type`, `missing-body`, `event-too-large`.
   */
  take(): Promise<boolean>
  /** Disconnects, as a page that is closed does. */
  disconnect(): Promise<void>
  /**
   * Disconnects, and reconnects with the cursor.
   *
   * @param handler - Responds to the request: a Fetch handler, or `fetch` for a server that listens.
   * @param url - The URL of the request; `http://localhost/` by default.
   */
  resume(handler: (request: Request) => Response | Promise<Response>, url?: string | URL): Promise<TestClient<Events>>
}

/**
 * Creates a client that reads a response step by step, for tests of a server. It reads nothing ahead, so a client that has
 * stopped reading is one whose methods are not called.
 *
 * @example
 * import { createChannel } from 'eventwire/server'
 * import { createTestClient } from 'eventwire/testing'
 *
 * const channel = createChannel<{ message: string }>()
 * const client = createTestClient<{ message: string }>(channel.response(new Request('http://localhost/events')))
 * channel.publish('message', 'one')
 * console.log((await client.next()).data) // -> one
 * await client.disconnect()
 * channel.publish('message', 'two')
 * const back = await client.resume((request) => channel.response(request))
 * console.log((await back.next()).data) // -> two
 *
 * @throws {EventwireError} `invalid-option` when `events` was not made by `defineEvents()` or `eventsWithCodec()`, and for a response that is not
 *   one, such as a promise of it.
 */
export function createTestClient<Events extends object = AnyEvents>(
  response: Response,
  ...optionsWithEvents: OptionsFor<
    Events,
    {
      /** The map made by `defineEvents()` or `eventsWithCodec()`; without it every payload is JSON. */
      readonly events?: (Events & EventTypes) | undefined
    }
  >
): TestClient<Events> {
  const [options = {}] = optionsWithEvents
  if (!response?.headers) throw invalidOption('response', response, 'give a Response, and await a promise of it')
  return new StepwiseClient(response, options) as TestClient<any>
}

interface TestClientOptions {
  readonly events?: any
}

class StepwiseClient implements TestClient<AnyEvents> {
  readonly messages: Message[] = []
  readonly comments: string[] = []
  retry: number | undefined
  ended = false
  readonly #response: Response
  readonly #options: TestClientOptions
  readonly #lookup: DecoderLookup
  readonly #parser = createParser({
    onMessage: (message) => this.messages.push(message),
    onComment: (text) => this.comments.push(text),
    onRetry: (delay) => {
      this.retry = delay
    },
  })
  /** The check of the response, made once. */
  #opening: Promise<ReadableStreamDefaultReader<Uint8Array>> | undefined
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  /** How many messages `next()` has returned or skipped. */
  #passed = 0

  constructor(response: Response, options: TestClientOptions) {
    this.#response = response
    this.#options = options
    this.#lookup = decoderLookupOf(options.events)
  }

  get lastEventId(): string {
    return this.#parser.lastEventId
  }

  async take(): Promise<boolean> {
    if (this.ended) return false
    this.#opening ??= this.#open()
    const { done, value } = await (this.#reader ?? (await this.#opening)).read()
    if (done) this.ended = true
    else this.#parser.feed(value)
    return !done
  }

  async #open(): Promise<ReadableStreamDefaultReader<Uint8Array>> {
    const body = await checkResponse(this.#response)
    this.#reader = body.getReader()
    return this.#reader
  }

  async next(): Promise<EventOf<AnyEvents>> {
    do {
      while (this.#passed < this.messages.length) {
        const { type, data, id, topics } = this.messages[this.#passed++]!
        const wireType = type.startsWith(RESERVED_PREFIX) ? undefined : this.#lookup(type)
        if (wireType) return eventWith(type, await decodePayload(wireType, type, data, id), id, topics)
      }
    } while (await this.take())
    throw new EventwireError(
      'stream-ended',
      'the stream ended, or the client has disconnected; there is no further event',
    )
  }

  collect(enough: Enough<AnyEvents> = {}): Promise<EventOf<AnyEvents>[]> {
    return collectFrom(this.#events(), enough)
  }

  async *#events(): AsyncGenerator<EventOf<AnyEvents>, void, undefined> {
    for (;;) {
      try {
        yield await this.next()
      } catch (error) {
        if ((error as EventwireError).code === 'stream-ended') return
        throw error
      }
    }
  }

  async disconnect(): Promise<void> {
    const unread = !this.ended
    this.ended = true
    if (unread) await (this.#reader ?? this.#response.body)?.cancel()
  }

  async resume(
    handler: (request: Request) => Response | Promise<Response>,
    url: string | URL = 'http://localhost/',
  ): Promise<TestClient<AnyEvents>> {
    await this.disconnect()
    const headers = new Headers({ Accept: 'text/event-stream' })
    if (this.lastEventId !== '') headers.set(LAST_EVENT_ID_HEADER, asHeader(this.lastEventId))
    return new StepwiseClient(await handler(new Request(url, { headers })), this.#options)
  }
}
