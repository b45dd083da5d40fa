import type { EventwireError } from '../../shared/errors.ts'
import { hintAtPreflight, type Source } from './connection.ts'
import { type NextStep, nextStep, policyOf } from './retry.ts'

/** Counts the attempts to connect, and decides what follows a failed one. */
export class Attempts {
  /** The reconnection time of the server, in milliseconds. */
  serverRetry: number | undefined
  /** Whether the present connection has delivered an event. */
  delivered = false
  readonly #source: Source
  /** Losses since the last stable connection. */
  #failures = 0
  /** When the present connection was accepted; 0 before. */
  #openedAt = 0
  #everOpened = false

  constructor(source: Source) {
    this.#source = source
  }

  /** The number of the next attempt. */
  get next(): number {
    return this.#failures + 1
  }

  opened(now: number): void {
    this.#openedAt = now
    this.#everOpened = true
  }

  /** The connection, if there was one, is over. One that lasted starts the count of failures anew. */
  over(): void {
    const { stableAfter = 10_000 } = policyOf(this.#source.options)
    if (this.#openedAt && Date.now() - this.#openedAt >= stableAfter) this.#failures = 0
    this.#openedAt = 0
  }

  /** Notes on the error of an attempt what follows it. `reconnecting`: the transport makes the next one. */
  failed(error: EventwireError, reconnecting: boolean): NextStep {
    if (this.delivered) this.#failures = 0
    const attempt = ++this.#failures
    const step = nextStep(this.#source, error, attempt, this.serverRetry)
    const willRetry = typeof step.next === 'number'
    Object.assign(error, { attempt, willRetry, ...(willRetry && !reconnecting && { retryIn: step.next }) })
    if (attempt > 1 && this.#everOpened) hintAtPreflight(error, this.#source)
    return step
  }
}
