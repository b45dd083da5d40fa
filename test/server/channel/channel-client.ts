import type { Message } from '../../../src/index.ts'
import { createTestClient } from '../../../src/testing/index.ts'

/** A client of a channel's response that reads on request, and keeps its cursor. */
export class ChannelClient {
  readonly #client
  #taking: Promise<void> | undefined

  constructor(response: Response) {
    this.#client = createTestClient(response)
  }

  /** Takes chunks until it has seen what the test waits for. */
  async until(seen: (client: this) => unknown): Promise<this> {
    while (!seen(this) && !this.ended) await this.take()
    if (!seen(this)) throw new Error(`the stream ended before; it had ${JSON.stringify(this.messages)}`)
    return this
  }

  /** Takes one chunk. One that is being waited for is the next one for everybody, so that `until` sees what it brings. */
  take(): Promise<void> {
    this.#taking ??= this.#client.take().then(() => {
      this.#taking = undefined
    })
    return this.#taking
  }

  async rest(): Promise<this> {
    while (!this.ended) await this.take()
    return this
  }

  disconnect(): Promise<void> {
    return this.#client.disconnect()
  }

  /** A test may take out what it has dealt with. */
  get messages(): Message[] {
    return this.#client.messages as Message[]
  }

  get comments(): readonly string[] {
    return this.#client.comments
  }

  get retry(): number | undefined {
    return this.#client.retry
  }

  get ended(): boolean {
    return this.#client.ended
  }

  /** The events without control events. */
  get events(): Message[] {
    return this.messages.filter(({ type }) => !type.startsWith('sse:'))
  }

  /** The payloads of those, decoded. */
  get payloads(): unknown[] {
    return this.events.map(({ data }) => JSON.parse(data))
  }

  get types(): string[] {
    return this.messages.map(({ type }) => type)
  }

  get cursor(): string {
    return this.#client.lastEventId
  }
}

export function requestAfter(cursor = '', signal?: AbortSignal): Request {
  return new Request('http://127.0.0.1/events', {
    headers: cursor === '' ? {} : { 'Last-Event-ID': cursor },
    ...(signal && { signal }),
  })
}
