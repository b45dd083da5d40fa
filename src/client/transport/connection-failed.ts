import { EventwireError, reasonOf } from '../../shared/errors.ts'

/** Converts the exception of a request or a body to an `EventwireError`. */
export function connectionFailed(cause: any, url: string = 'the server'): EventwireError {
  if (cause instanceof EventwireError) return cause
  // Node says only "fetch failed" and keeps the reason in the cause.
  const reason = reasonOf(cause?.cause?.message ? cause.cause : cause)
  return new EventwireError('network', `connection to ${url} failed: ${reason}`, { cause, url })
}
