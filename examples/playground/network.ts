/** Milliseconds between two chunks that a slow client pulls. */
const SLOW_INTERVAL = 2_500

/** The link between the two ends. It can fail, and the client's end can be slow. */
export class Network {
  /** The server. While it is undefined, requests fail, as they do during a restart. */
  handle: ((request: Request) => Response) | undefined
  readonly #connections = new Set<(error: TypeError) => void>()
  #online = true
  #slow = false
  #wake = () => {}

  get online(): boolean {
    return this.#online
  }

  get slow(): boolean {
    return this.#slow
  }

  set slow(slow: boolean) {
    this.#slow = slow
    this.#wake()
  }

  /** Ends all connections. Requests fail until `restore()`. */
  cut(): void {
    this.#online = false
    this.dropConnections()
  }

  restore(): void {
    this.#online = true
  }

  dropConnections(): void {
    for (const drop of this.#connections) drop(new TypeError('network error'))
  }

  readonly fetch = async (url: string, init: RequestInit): Promise<Response> => {
    if (!this.#online || this.handle === undefined) throw new TypeError('network error')
    const { body, status, headers } = this.handle(new Request(url, init))
    return new Response(body && this.#carry(body.getReader()), { status, headers })
  }

  /** The body as the client receives it. It is read only when the client pulls the next chunk. */
  #carry(source: ReadableStreamDefaultReader<Uint8Array>): ReadableStream<Uint8Array> {
    let drop = (_: TypeError) => {}
    const close = () => this.#connections.delete(drop)
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          drop = (error) => {
            close()
            controller.error(error)
            void source.cancel().catch(() => {})
          }
          this.#connections.add(drop)
        },
        pull: async (controller) => {
          await this.#pace()
          const { done, value } = await source.read()
          if (!this.#connections.has(drop)) return
          if (!done) return controller.enqueue(value)
          close()
          controller.close()
        },
        cancel: (reason) => {
          close()
          return source.cancel(reason)
        },
      },
      { highWaterMark: 0 },
    )
  }

  #pace(): Promise<void> | undefined {
    if (!this.#slow) return undefined
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, SLOW_INTERVAL)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
