import type { CloseInfo } from './types.ts'

/** Promises and signals that wait on a stream, allocated on first use: most streams never need them. */
export class StreamWaiters {
  #info: CloseInfo | undefined
  #controller: AbortController | undefined
  #closed: Promise<CloseInfo> | undefined
  #resolve: ((info: CloseInfo) => void) | undefined
  #waiting: ((room: boolean) => void)[] = []
  /** Called when the stream has closed. */
  onSettled: (() => void) | undefined

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#info !== undefined) this.#controller.abort()
    return this.#controller.signal
  }

  get closed(): Promise<CloseInfo> {
    this.#closed ??= new Promise((resolve) => {
      this.#resolve = resolve
      if (this.#info !== undefined) resolve(this.#info)
    })
    return this.#closed
  }

  /** Whether a caller waits for room. */
  get waiting(): boolean {
    return this.#waiting.length > 0
  }

  /** Resolves to `true` when there is room, to `false` when the stream has closed. */
  ready(): Promise<boolean> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
    })
  }

  release(room: boolean): void {
    for (const resolve of this.#waiting.splice(0)) resolve(room)
  }

  settle(info: CloseInfo): void {
    this.#info = info
    this.release(false)
    this.#resolve?.(info)
    this.#controller?.abort()
    this.onSettled?.()
  }
}
