import { onAbort } from '../../shared/abort.ts'

/** An abort of one's own, which the abort of a signal brings about, too. */
export class LinkedAbort {
  readonly #controller = new AbortController()
  readonly abort: () => void = () => this.#controller.abort()
  /** Stops following the signal. */
  readonly unlink: () => void

  constructor(signal: AbortSignal) {
    this.unlink = onAbort(signal, this.abort)
    // A subscription may be paused between the moment at which a request is ready and the one at which it is sent.
    if (signal.aborted) this.abort()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }
}
