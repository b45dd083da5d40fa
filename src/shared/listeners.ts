import { onAbort } from './abort.ts'
import { refuseOption } from './errors.ts'
import { report } from './report.ts'

type Listener<First, Second> = (first: First, second: Second) => void

interface Entry<First, Second> {
  readonly call: Listener<First, Second>
  readonly once: boolean | undefined
  readonly remove: () => void
}

/** Functions to call. One that throws is reported, and the others are called; the list is copied when it changes. */
export class Listeners<First = void, Second = void> {
  list: readonly Entry<First, Second>[] = []
  /** The only listener, unless it is `once`. Most lists have just one, and calling it directly saves `emit`, a quarter of a delivery. */
  only: Listener<First, Second> | undefined
  readonly #changed: (() => void) | undefined

  /** @param changed called when a listener was added or removed. */
  constructor(changed?: () => void) {
    this.#changed = changed
  }

  add(
    call: Listener<First, Second>,
    { once, signal }: { readonly once?: boolean | undefined; readonly signal?: AbortSignal | undefined } = {},
  ): () => void {
    if (typeof call !== 'function') refuseOption('listener', call, 'a function')
    let offAbort: (() => void) | undefined
    const remove = () => {
      this.#set(this.list.filter((other) => other !== entry))
      offAbort?.()
    }
    const entry = { call, once, remove }
    if (!signal?.aborted) {
      this.#set([...this.list, entry])
      offAbort = signal && onAbort(signal, remove)
    }
    return remove
  }

  /** Calls the listeners that were added before and not removed since. @returns whether there was a listener. */
  emit(first: First, second: Second): boolean {
    const { list } = this
    for (const entry of list) {
      // After a change the copy differs: then only those that are still on it count.
      if (list !== this.list && !this.list.includes(entry)) continue
      if (entry.once) entry.remove()
      try {
        if (second === undefined) (entry.call as (first: First) => void)(first)
        else entry.call(first, second)
      } catch (error) {
        report(error)
      }
    }
    return list.length > 0
  }

  #set(list: readonly Entry<First, Second>[]): void {
    this.list = list
    this.only = list.length === 1 && !list[0]!.once ? list[0]!.call : undefined
    this.#changed?.()
  }

  clear(): void {
    for (const { remove } of this.list) remove()
  }
}
