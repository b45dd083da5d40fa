/** Reports an error of user code as uncaught: by `reportError` where there is one, else by throwing it from a microtask. */
export function report(error: unknown): void {
  if (typeof globalThis.reportError === 'function') globalThis.reportError(error)
  else
    queueMicrotask(() => {
      throw error
    })
}

/** Calls user code. What it throws is reported and never reaches our own callers. */
export function callUser<Value>(call: (value: Value) => unknown, value: Value): void {
  try {
    call(value)
  } catch (error) {
    report(error)
  }
}
