import { createParser, type Message } from '../../src/index.ts'

/** A client of a channel's response that takes what it is given when it is told to, and keeps its cursor. */
export class ChannelClient {
  readonly messages: Message[] = []
  readonly comments: string[] = []
  retry: number | undefined
  ended = false
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  readonly #parser = createParser({
    onMessage: (message) => this.messages.push(message),
    onComment: (text) => this.comments.push(text),
    onRetry: (delay) => {
      this.retry = delay
    },
  })

  constructor({ body }: Response) {
    this.#reader = body!.getReader()
  }

  /** Takes chunks until it has seen what the test waits for. */
  async until(seen: (client: this) => unknown): Promise<this> {
    while (!seen(this) && !this.ended) await this.take()
    if (!seen(this)) throw new Error(`the stream ended before; it had ${JSON.stringify(this.messages)}`)
    return this
  }

  async take(): Promise<void> {
    const { done, value } = await this.#reader.read()
    if (done) this.ended = true
    else this.#parser.feed(value)
  }

  async rest(): Promise<this> {
    while (!this.ended) await this.take()
    return this
  }

  leave(): Promise<void> {
    return this.#reader.cancel()
  }

  /** The events that are no control events. */
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
    return this.#parser.lastEventId
  }
}

export function requestAfter(cursor = '', signal?: AbortSignal): Request {
  return new Request('http://127.0.0.1/events', {
    headers: cursor === '' ? {} : { 'Last-Event-ID': cursor },
    ...(signal && { signal }),
  })
}
