import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import type { Channel } from '../../../src/server/index.ts'
import { listen } from '../../node/listen.ts'

/** A request as a test looks at it. */
export interface Asked {
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly lastEventId: string | undefined
  readonly headers: IncomingMessage['headers']
  /** The JSON of a POST, `undefined` for other methods. */
  readonly body: any
}

export interface Scene {
  readonly url: string
  readonly requests: Asked[]
  /** Resolves with the first request of this kind, once it has come. */
  request(is: (asked: Asked) => boolean): Promise<Asked>
  /** Cuts the connections of all responses that are open. */
  cut(): void
}

/** Serves a client of another project over a real socket, until the test is over. */
export async function serve(
  handle: (asked: Asked, request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<Scene> {
  const requests: Asked[] = []
  const open = new Set<ServerResponse>()
  let checks: (() => void)[] = []
  const server = createServer(async (request, response) => {
    open.add(response)
    response.on('close', () => open.delete(response))
    const { method = '', url: path = '', headers } = request
    const body = method === 'POST' ? await json(request) : undefined
    const asked = { method, path, lastEventId: headers['last-event-id'] as string | undefined, headers, body }
    requests.push(asked)
    for (const check of checks.splice(0)) check()
    await handle(asked, request, response)
  })
  const url = `http://127.0.0.1:${await listen(server)}`
  const cut = () => {
    for (const response of open) response.destroy()
  }
  const arrived = async (is: (asked: Asked) => boolean) => {
    for (;;) {
      const found = requests.find(is)
      if (found) return found
      await new Promise<void>((resolve) => {
        checks = [...checks, resolve]
      })
    }
  }
  return { url, requests, request: arrived, cut }
}

/** An event for `publish()`. */
type Publication = readonly [name: string, data: unknown]

/** Publishes events one at a time: the next one when the client has delivered the one before, and the final end after the last. */
export class Feed {
  readonly #channel: Channel<any>
  readonly #events: Publication[]
  /** How many events were published. */
  published = 0

  constructor(channel: Channel<any>, events: readonly Publication[]) {
    this.#channel = channel
    this.#events = [...events]
  }

  /** Publishes the next event, or ends the channel. */
  async next(): Promise<void> {
    const event = this.#events.shift()
    if (event === undefined) {
      // It resolves when the last reader has taken the end.
      this.#channel.close({ final: true })
      return
    }
    this.published++
    await this.#channel.publish(event[0], event[1])
  }
}
