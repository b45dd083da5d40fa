import { Listeners, report } from './listeners.ts'
import type { ListenerOptions, Store } from './subscription.ts'

/** A store whose listeners can be removed as others can. */
export interface WatchedStore<State> extends Store<State> {
  readonly subscribe: (listener: (state: State) => void, options?: ListenerOptions) => () => void
}

/** A store and the function that changes it. */
export function createStore<State>(initial: State): [WatchedStore<State>, (next: State) => void] {
  let current = initial
  const listeners = new Listeners()
  const store: WatchedStore<State> = {
    get: () => current,
    subscribe(listener, options) {
      // A change made by a listener is told in its own round; the rest of the round before would be stale.
      let told: State | undefined
      const tell = () => {
        if (told === current) return
        told = current
        listener(current)
      }
      const remove = listeners.add(tell, options)
      try {
        tell()
      } catch (error) {
        report(error)
      }
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
