import { EventwireError, reasonOf } from '../shared/errors.ts'

/** Receives an error, and the channel that was concerned, if any. */
export type ErrorReporter = (error: EventwireError, channel: object | undefined) => void

/** Calls meters and tracers. One that throws disturbs nothing, and is reported once for each metric. */
export class Guard {
  readonly #report: ErrorReporter
  readonly #reported = new Set<string>()

  constructor(report: ErrorReporter) {
    this.#report = report
  }

  call<Result>(what: string, task: () => Result, channel?: object): Result | undefined {
    try {
      return task()
    } catch (cause) {
      if (this.#reported.has(what)) return undefined
      this.#reported.add(what)
      const message = `instrument() failed at ${what}: ${reasonOf(cause)}; it goes on without`
      this.#report(new EventwireError('callback-failed', message, { cause }), channel)
      return undefined
    }
  }
}
