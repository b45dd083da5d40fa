import { EventwireError, reasonOf } from '../../shared/errors.ts'

/** The error for a function that was given as an option and threw. */
export function callbackFailed(name: string, cause: any): EventwireError {
  return new EventwireError('callback-failed', `\`${name}\` failed: ${reasonOf(cause)}`, { cause })
}
