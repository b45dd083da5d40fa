import { EventwireError } from '../../shared/errors.ts'

/**
 * A post, its state or its error as it crosses the channel between tabs: a clone of an `Error` would lose its fields, and `Headers` cannot
 * be cloned.
 */
export function toWire({ state, error, headers, ...plain }: any): object {
  return {
    ...plain,
    ...(state && { state: toWire(state) }),
    ...(headers && { headers: [...headers] }),
    ...(error && { error: { ...toWire(error), message: error.message } }),
  }
}

export function fromWire({ state, error, headers, ...plain }: any): any {
  return {
    ...plain,
    ...(state && { state: fromWire(state) }),
    ...(headers && { headers: new Headers(headers) }),
    ...(error && { error: new EventwireError(error.code, error.message, fromWire(error)) }),
  }
}
