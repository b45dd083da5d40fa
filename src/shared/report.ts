/** Calls what a user has given. What it throws is its own bug: it surfaces as an uncaught error and disturbs nobody here. */
export function guarded(call: () => void): void {
  try {
    call()
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
