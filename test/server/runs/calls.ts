import type { AppendOptions, Cursor, NewEntry } from '../../../src/server/log/event-log.ts'
import { type Step, time } from '../../../src/server/runs/steps.ts'

/** The effect that a step of the protocol requests. */
export type Call =
  | { readonly kind: 'read'; readonly after: Cursor | undefined; readonly limit: number }
  | { readonly kind: 'append'; readonly entries: readonly NewEntry[]; readonly options: AppendOptions }
  | { readonly kind: 'pause' }
  | { readonly kind: 'time' }

/** Finds what a step asks for, without doing it. */
export function callOf(step: Step): Call {
  if (step === time) return { kind: 'time' }
  const log = {
    read: (after: Cursor | undefined, limit: number): any => ({ kind: 'read', after, limit }),
    append: (entries: readonly NewEntry[], options: AppendOptions = {}): any => ({ kind: 'append', entries, options }),
  }
  return step(log, () => ({ kind: 'pause' })) as Call
}
