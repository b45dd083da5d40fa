/** Whether another connection holds the lock, so that trying again helps. */
export function isBusy(cause: any): boolean {
  return (cause?.errcode & 255) === 5 || /database is locked|SQLITE_BUSY/.test(`${cause?.code} ${cause?.message}`)
}

/**
 * Tries again while another connection holds the lock, and waits in between. For what has to be done at once and is seldom in the
 * way: a file is set up, or brought into order after a process was killed, which takes milliseconds.
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
