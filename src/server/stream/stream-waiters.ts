import type { CloseInfo } from './types.ts'

interface Waiter {
  readonly limit: number
  readonly resolve: (room: boolean) => void
}

/** Those who wait for a stream: made when the first of them comes, because most streams have none. */
export class Watchers {
  #info: CloseInfo | undefined
  #controller: AbortController | undefined
  #closed: Promise<CloseInfo> | undefined
  #resolve: ((info: CloseInfo) => void) | undefined
  #waiters: Waiter[] = []

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#info !== undefined) this.#controller.abort()
    }
    return this.#controller.signal
  }

  get closed(): Promise<CloseInfo> {
    this.#closed ??= new Promise((resolve) => {
      this.#resolve = resolve
      if (this.#info !== undefined) resolve(this.#info)
    })
    return this.#closed
  }

  /** Somebody waits for a drain. */
  get waiting(): boolean {
    return this.#waiters.length > 0
  }

  /** Resolves to `true` when at most `limit` bytes are buffered, to `false` when the stream has closed. */
  room(limit: number): Promise<boolean> {
    return new Promise((resolve) => {
      this.#waiters.push({ limit, resolve })
    })
  }

  drained(buffered: number): void {
    const waiters = this.#waiters
    this.#waiters = waiters.filter(({ limit }) => buffered > limit)
    for (const { limit, resolve } of waiters) if (buffered <= limit) resolve(true)
  }

  settle(info: CloseInfo): void {
    this.#info = info
    const waiters = this.#waiters
    this.#waiters = []
    for (const { resolve } of waiters) resolve(false)
    this.#resolve?.(info)
    this.#controller?.abort()
  }
}
