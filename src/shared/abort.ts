/** The listeners of one signal, behind one event listener. It is an object, because `this` in a function is not the signal everywhere. */
class SharedListener extends Set<() => void> {
  handleEvent(): void {
    for (const listener of this) listener()
  }
}

const sharedOf = new WeakMap<AbortSignal, SharedListener>()

/**
 * Calls the listener, which must not throw, when the signal aborts. All listeners of a signal share one event listener: Node 20
 * warns of a possible leak at the eleventh on a signal, and one signal for a whole server is normal use.
 *
 * @returns a function that removes the listener.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  const shared = sharedOf.get(signal) ?? new SharedListener()
  sharedOf.set(signal, shared)
  signal.addEventListener('abort', shared)
  shared.add(listener)
  return () => {
    if (shared.delete(listener) && shared.size === 0) signal.removeEventListener('abort', shared)
  }
}
