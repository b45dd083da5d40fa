import type { Evidence } from './evidence.ts'

/** `unknown`: there was nothing to judge by, or the check was not asked for. */
export type Result = 'ok' | 'warning' | 'fault' | 'unknown'

/** The result of a check. */
export interface Finding {
  readonly result: Result
  /** The observation, in one line. */
  readonly found: string
  /** The consequence for the stream. */
  readonly means?: string | undefined
  /** The change to make: a sentence, or lines of a configuration or of code. */
  readonly cure?: string | undefined
}

/** Judges the evidence; `undefined` when the check does not apply. */
export type Check = (evidence: Evidence) => Finding | undefined

export function ok(found: string): Finding {
  return { result: 'ok', found }
}

export function unknown(found: string, cure?: string): Finding {
  return { result: 'unknown', found, cure }
}

export function warning(found: string, means: string, cure: string): Finding {
  return { result: 'warning', found, means, cure }
}

export function fault(found: string, means: string, cure: string): Finding {
  return { result: 'fault', found, means, cure }
}

/** Milliseconds for people. */
export function duration(milliseconds: number): string {
  return milliseconds < 1_000 ? `${Math.round(milliseconds)} ms` : `${Number((milliseconds / 1_000).toFixed(1))} s`
}
