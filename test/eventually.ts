import { vi } from 'vitest'
import { patience } from './patience.ts'

/**
 * Repeats a check until it passes, and returns its result. The timeout only ends a check that never would: a busy machine may be seconds
 * late.
 */
export function eventually<Result>(check: () => Result | Promise<Result>): Promise<Result> {
  return vi.waitFor(check, { ...patience.expect.poll })
}
