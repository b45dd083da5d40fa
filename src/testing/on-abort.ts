type OnAbort = (reason: unknown) => void

const followed = new WeakMap<AbortSignal, Set<OnAbort>>()

/** Calls back when a signal aborts, until `over`. One listener a signal: Node 20 warns of a leak at the eleventh. */
export function onAbort(signal: AbortSignal, over: Promise<unknown>, call: OnAbort): void {
  let calls = followed.get(signal)
  if (calls === undefined) {
    const all = new Set<OnAbort>()
    calls = all
    followed.set(signal, all)
    signal.addEventListener('abort', () => {
      for (const each of all) each(signal.reason)
    })
  }
  calls.add(call)
  over.then(() => calls.delete(call))
}
