/** Whether another connection holds the lock, so that trying again helps. */
export function isBusy(cause: any): boolean {
  return (cause?.errcode & 255) === 5 || /database is locked|SQLITE_BUSY/.test(`${cause?.code} ${cause?.message}`)
}

/**
 * Retries while another connection holds the lock, and blocks in between. For synchronous steps that take milliseconds and are rare: setting
 * up a file, and repairing it after a process was killed.
 */
export function retrying<Result>(task: () => Result, patience: number): Result {
  const deadline = Date.now() + patience
  for (;;) {
    try {
      return task()
    } catch (cause) {
      if (!isBusy(cause) || Date.now() > deadline) throw cause
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2)
    }
  }
}
