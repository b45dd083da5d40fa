const listenersOf = new WeakMap<AbortSignal, Set<() => void>>()

/**
 * Calls the listener, which must not throw, when the signal aborts. All listeners of a signal share one event listener: Node 20
 * warns of a possible leak at the eleventh on a signal, and one signal for a whole server is normal use.
 *
 * @returns a function that removes the listener.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  const listeners = listenersOf.get(signal) ?? new Set()
  listenersOf.set(signal, listeners)
  signal.addEventListener('abort', callAll)
  listeners.add(listener)
  return () => {
    if (listeners.delete(listener) && listeners.size === 0) signal.removeEventListener('abort', callAll)
  }
}

function callAll(this: AbortSignal): void {
  for (const listener of listenersOf.get(this)!) listener()
}
