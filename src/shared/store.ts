import { refuseOption } from './errors.ts'
import { Listeners } from './listeners.ts'
import { callUser } from './report.ts'

/** A value that can be read and watched: fits `useSyncExternalStore`, Svelte's store contract and Solid's `from`. */
export interface Store<State> {
  /** The present state. */
  readonly get: () => State
  /** Calls the listener at once and on each change; returns a function that removes it. */
  readonly subscribe: (listener: (state: State) => void) => () => void
}

/** A store and the function that changes it. */
export function createStore<State>(initial: State): [Store<State>, (next: State) => void] {
  let current = initial
  const listeners = new Listeners()
  const store: Store<State> = {
    get: () => current,
    subscribe(listener) {
      if (typeof listener !== 'function') refuseOption('listener', listener, 'a function')
      // A listener may change the state: the others then receive the new one, and the rest of the round is outdated.
      let received: unknown = listeners
      const notify = () => {
        if (received === current) return
        received = current
        listener(current)
      }
      const remove = listeners.add(notify)
      callUser(notify, undefined)
      return remove
    },
  }
  return [
    store,
    (next) => {
      current = next
      listeners.emit()
    },
  ]
}
