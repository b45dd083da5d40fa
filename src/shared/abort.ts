interface SharedListener {
  readonly listeners: Set<() => void>
  readonly callAll: () => void
}

const sharedOf = new WeakMap<AbortSignal, SharedListener>()

/**
 * Calls the listener, which must not throw, when the signal aborts. All listeners of a signal share one event listener: Node 20
 * warns of a possible leak at the eleventh on a signal, and one signal for a whole server is normal use.
 *
 * @returns a function that removes the listener.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  const { listeners, callAll } = sharedOf.get(signal) ?? share(signal)
  signal.addEventListener('abort', callAll)
  listeners.add(listener)
  return () => {
    if (listeners.delete(listener) && listeners.size === 0) signal.removeEventListener('abort', callAll)
  }
}

/** A closure, because neither `this` (workerd) nor `currentTarget` (signals of requests in Node) is the signal everywhere. */
function share(signal: AbortSignal): SharedListener {
  const listeners = new Set<() => void>()
  const callAll = () => {
    for (const listener of listeners) listener()
  }
  const shared = { listeners, callAll }
  sharedOf.set(signal, shared)
  return shared
}
