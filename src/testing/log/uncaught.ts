interface Process {
  listeners(event: string): ((...details: any[]) => void)[]
  removeAllListeners(event: string): Process
  on(event: string, listener: (error: unknown) => void): Process
  off(event: string, listener: (error: unknown) => void): Process
}

/** Members of the global object that only some runtimes have. */
interface Runtime {
  readonly process?: Process
  addEventListener?(type: 'error', listener: (event: ErrorEvent) => void): void
  removeEventListener?(type: 'error', listener: (event: ErrorEvent) => void): void
}

/** Runs a task during which the runtime and the test runner ignore uncaught exceptions of this text. */
export async function ignoringUncaught(text: string, task: () => Promise<void>): Promise<void> {
  const { process, addEventListener, removeEventListener } = globalThis as unknown as Runtime
  const onError = (event: ErrorEvent) => {
    if (String(event.error).includes(text)) event.preventDefault()
  }
  const listeners = process?.listeners?.('uncaughtException') ?? []
  const onUncaught = (error: unknown) => {
    if (!String(error).includes(text)) for (const listener of listeners) listener(error)
  }
  addEventListener?.('error', onError)
  process?.removeAllListeners?.('uncaughtException').on('uncaughtException', onUncaught)
  try {
    await task()
    await new Promise((resolve) => setTimeout(resolve)) // exceptions of microtasks have surfaced by then
  } finally {
    removeEventListener?.('error', onError)
    process?.off?.('uncaughtException', onUncaught)
    for (const listener of listeners) process!.on('uncaughtException', listener)
  }
}
