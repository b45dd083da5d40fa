import { isThenable } from '../../shared/thenable.ts'
import type { AppendOptions, Cursor, EventLog, NewEntry, Page } from '../log/event-log.ts'

/** One thing that the protocol asks of the world: a call of the log, the time, or a pause before it asks again. */
export type Step =
  | { readonly kind: 'read'; readonly after: Cursor | undefined; readonly limit: number }
  | { readonly kind: 'append'; readonly entries: readonly NewEntry[]; readonly options: AppendOptions }
  | { readonly kind: 'time' }
  | { readonly kind: 'pause'; readonly cause: unknown }

/**
 * A part of the protocol as a generator of steps. It touches no log itself, so that a test can put the steps of several processes into
 * every order.
 */
export type Steps<Result> = Generator<Step, Result, any>

/** Reads a page. */
export function* read(after: Cursor | undefined, limit: number): Steps<Page> {
  return yield { kind: 'read', after, limit }
}

/** Appends a batch and returns its cursors. */
export function* append(entries: readonly NewEntry[], options: AppendOptions): Steps<readonly Cursor[]> {
  return yield { kind: 'append', entries, options }
}

/** The present time in milliseconds. */
export function* time(): Steps<number> {
  return yield { kind: 'time' }
}

/** Waits before the log is asked again. Throws the cause when it was asked for long enough. */
export function* pause(cause: unknown): Steps<void> {
  yield { kind: 'pause', cause }
}

/** Decides how long to wait after a failure; throws it to give up. */
export type Pause = (cause: unknown) => PromiseLike<void>

/** Takes the steps on a real log: at once for as long as the log answers at once. */
export function take<Result>(
  steps: Steps<Result>,
  log: EventLog,
  pause: Pause = giveUp,
  first: IteratorResult<Step, Result> = steps.next(),
): Result | Promise<Result> {
  let next = first
  while (!next.done) {
    let answer: unknown
    try {
      answer = perform(next.value, log, pause)
    } catch (cause) {
      next = steps.throw(cause)
      continue
    }
    if (isThenable(answer)) {
      return Promise.resolve(answer).then(
        (value) => take(steps, log, pause, steps.next(value)),
        (cause) => take(steps, log, pause, steps.throw(cause)),
      )
    }
    next = steps.next(answer)
  }
  return next.value
}

function perform(step: Step, log: EventLog, pause: Pause): unknown {
  switch (step.kind) {
    case 'read':
      return log.read(step.after, step.limit)
    case 'append':
      return log.append(step.entries, step.options)
    case 'time':
      return performance.now()
    case 'pause':
      return pause(step.cause)
  }
}

function giveUp(cause: unknown): never {
  throw cause
}
