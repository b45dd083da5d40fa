/** Receives a message under its name, such as `stream.opened`. It never throws. */
export type Observer = (name: string, message: any) => void

const observers = new Set<Observer>()

/** The streams that are no connections of clients: observers are notified only of their gaps. */
export const unobserved: WeakSet<object> = new WeakSet()

/** Notifies the observers; `undefined` while there are none, so that nothing is created for them. */
export let notify: Observer | undefined

/** Adds an observer of all streams, channels and subscriptions. Returns the function that removes it. */
export function observe(observer: Observer): () => void {
  observers.add(observer)
  notify = (name, message) => {
    if (name !== 'stream.gap' && unobserved.has(message.stream)) return
    for (const each of observers) each(name, message)
  }
  return () => {
    observers.delete(observer)
    if (observers.size === 0) notify = undefined
  }
}
