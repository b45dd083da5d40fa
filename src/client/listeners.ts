import type { ListenerOptions } from './subscription.ts'

interface Entry<Args extends unknown[]> {
  readonly call: (...args: Args) => void
  readonly once: boolean | undefined
  readonly remove: () => void
}

/** Hands an error to whoever watches the page or process. */
export function report(error: unknown): void {
  if (typeof globalThis.reportError === 'function') globalThis.reportError(error)
  else
    queueMicrotask(() => {
      throw error
    })
}

/** Functions to call. One that throws is reported and disturbs nobody; the list is copied when it changes. */
export class Listeners<Args extends unknown[]> {
  list: readonly Entry<Args>[] = []

  add(call: (...args: Args) => void, { once, signal }: ListenerOptions = {}): () => void {
    const remove = () => {
      this.list = this.list.filter((other) => other !== entry)
      signal?.removeEventListener('abort', remove)
    }
    const entry: Entry<Args> = { call, once, remove }
    if (!signal?.aborted) {
      this.list = [...this.list, entry]
      signal?.addEventListener('abort', remove)
    }
    return remove
  }

  /** Calls those that were there before and still are; tells whether there was one. */
  emit(...args: Args): boolean {
    const { list } = this
    for (const { call, once, remove } of list) {
      // After a change the copy differs: then only those that are still on it count.
      if (list !== this.list && !this.list.some((entry) => entry.remove === remove)) continue
      if (once) remove()
      try {
        call(...args)
      } catch (error) {
        report(error)
      }
    }
    return list.length > 0
  }

  clear(): void {
    for (const { remove } of this.list) remove()
  }
}
