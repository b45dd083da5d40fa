import { isThenable } from '../../shared/thenable.ts'
import type { AppendOptions, Cursor, EventLog, NewEntry } from '../log/event-log.ts'

/** Decides how long to wait after a failure; throws the failure to give up. */
export type Pause = (cause: unknown) => unknown

/** One effect of the protocol: a call of the log, a pause, or a reading of the clock in milliseconds. */
export type Step = (log: Pick<EventLog, 'append' | 'read'>, pause: Pause) => unknown

/**
 * A part of the protocol as a generator of steps. The generator itself calls no log, so that a test can run the steps of several
 * processes in every order.
 */
export type Steps<Result> = Generator<Step, Result, any>

/** Reads a page. */
export const read =
  (after: Cursor | undefined, limit: number): Step =>
  (log) =>
    log.read(after, limit)

/** Appends a batch and returns its cursors. */
export const append =
  (entries: readonly NewEntry[], options: AppendOptions): Step =>
  (log) =>
    log.append(entries, options)

/** The present time in milliseconds. */
export const time: Step = () => performance.now()

/** Waits before the next call of the log. Throws the cause when the log has failed for too long. */
export const pause =
  (cause: unknown): Step =>
  (_log, pause) =>
    pause(cause)

/** Takes the steps on a real log. The first step is taken synchronously. */
export async function take<Result>(steps: Steps<Result>, log: EventLog, pause: Pause): Promise<Result> {
  let next = steps.next()
  while (!next.done) {
    try {
      const answer = next.value(log, pause)
      next = steps.next(isThenable(answer) ? await answer : answer)
    } catch (cause) {
      next = steps.throw(cause)
    }
  }
  return next.value
}
