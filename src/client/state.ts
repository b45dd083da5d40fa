import { Listeners, report } from './listeners.ts'
import type { Store } from './subscription.ts'

/** A store and the function that changes it. */
export function createStore<State>(initial: State): [Store<State>, (next: State) => void] {
  let current = initial
  const listeners = new Listeners()
  const store: Store<State> = {
    get: () => current,
    subscribe(listener) {
      // A change made by a listener is told in its own round; the rest of the round before would be stale.
      let told: State | undefined
      const tell = () => {
        if (told === current) return
        told = current
        listener(current)
      }
      const remove = listeners.add(tell)
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
