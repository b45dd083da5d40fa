import type { EventwireError } from '../../shared/errors.ts'
import { callUser, report } from '../../shared/report.ts'

/** The failures of a channel. Each is reported once, even if it rejects several promises. */
export class Failures {
  readonly listeners: Set<(error: any) => void> = new Set()
  readonly reported: WeakSet<EventwireError> = new WeakSet()

  report(error: EventwireError): EventwireError {
    if (!this.reported.has(error)) for (const listener of this.listeners) callUser(listener, error)
    this.reported.add(error)
    return error
  }

  /** Reports an error of a callback, as uncaught when there is no listener. */
  readonly reportCallback = (error: EventwireError): void => {
    if (this.listeners.size > 0 || error.code !== 'callback-failed') this.report(error)
    else report(error)
  }
}
