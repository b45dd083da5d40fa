import type { IncomingMessage, ServerResponse } from 'node:http'
import { gzip } from '../../../src/server/gzip/index.ts'
import { createChannel } from '../../../src/server/index.ts'
import { respond } from '../../../src/server/node/index.ts'

interface Events {
  price: { n: number; text: string }
}

interface Client {
  /** The number of the first event that it is sent. */
  readonly first: number
  seen: number
}

/** A compressed channel that publishes each event only when every client has seen the one before: none may wait for its successor. */
export class Lockstep {
  /** `Content-Encoding` and the payloads of all events, as text. */
  readonly encodings: (string | undefined)[] = []
  readonly payloads: string[] = []
  readonly #clients = new Map<string, Client>()
  readonly #channel = createChannel<Events>({ compress: gzip(), stream: { heartbeat: 20 } })
  #onSeen: () => void = () => {}

  /** The clients that are there, by the name in their URL. */
  get size(): number {
    return this.#clients.size
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    const name = new URL(request.url!, 'http://127.0.0.1').searchParams.get('name')!
    // A client that reconnects after the end receives a final response.
    const first = this.payloads.length + 1
    if (!this.#clients.has(name)) this.#clients.set(name, { first, seen: first - 1 })
    respond(this.#channel, request, response)
    this.encodings.push(response.getHeader('Content-Encoding') as string | undefined)
    this.#onSeen()
  }

  /** A client has seen an event. */
  seen(name: string, n: number): void {
    this.#clients.get(name)!.seen = n
    this.#onSeen()
  }

  /** Publishes up to an event, each when all clients have seen the one before, and resolves when they have seen the last. */
  async publishTo(last: number): Promise<void> {
    while (this.payloads.length < last) {
      const n = this.payloads.length + 1
      const data = {
        n,
        text: `event ${n} of a stream that goes on, with the square ${n * n} é日🎉`.repeat(1 + (n % 3)),
      }
      this.payloads.push(JSON.stringify(data))
      this.#channel.publish('price', data)
      await this.#until(() => [...this.#clients.values()].every(({ seen }) => seen >= n))
      // Time for heartbeats, which are bytes of each stream's own.
      if (n % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 60))
    }
  }

  until(clients: number): Promise<void> {
    return this.#until(() => this.#clients.size >= clients)
  }

  /** The payloads that a client should receive. */
  expected(name: string): readonly string[] {
    return this.payloads.slice(this.#clients.get(name)!.first - 1)
  }

  end(): Promise<void> {
    return this.#channel.close({ final: true })
  }

  #until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#onSeen = () => {
        if (holds()) resolve()
      }
      this.#onSeen()
    })
  }
}
