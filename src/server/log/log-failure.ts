import { EventwireError, reasonOf } from '../../shared/errors.ts'

/** The refusal of a log as it is, and everything else as `log-failed`. */
export function logFailure(cause: unknown): EventwireError {
  if (cause instanceof EventwireError && cause.code !== 'log-failed') return cause
  return new EventwireError('log-failed', `the log failed: ${reasonOf(cause)}; see the cause`, { cause })
}

/** Marks a rejection as handled: it has been reported, so it need not be caught. */
export function handled<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => {})
  return promise
}
