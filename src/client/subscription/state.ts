import { callUser } from '../../shared/report.ts'
import { Listeners } from './listeners.ts'
import type { Store } from './subscription.ts'

/** A store and the function that changes it. */
export function createStore<State>(initial: State): [Store<State>, (next: State) => void] {
  let current = initial
  const listeners = new Listeners()
  const store: Store<State> = {
    get: () => current,
    subscribe(listener) {
      // A listener may change the state: the others then receive the new one, and the rest of the round is outdated.
      let received: State | undefined
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
