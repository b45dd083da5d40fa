import { isEventwireError } from '../../shared/errors.ts'

const TIMEOUT = 10_000
const PAUSE = 5

/** Throws unless both have the same content, in any order of their fields; a field that is `undefined` is none. */
export function equal(actual: unknown, expected: unknown, what: string): void {
  const [got, wanted] = [textOf(actual), textOf(expected)]
  if (got !== wanted) throw new Error(`${what}: expected ${wanted}, got ${got}`)
}

export function ok(condition: boolean, what: string): void {
  if (!condition) throw new Error(what)
}

/** Throws unless the call throws or rejects with an EventwireError of this code. */
export async function refused(call: () => unknown, code: string, what: string): Promise<void> {
  let error: unknown
  try {
    await call()
  } catch (cause) {
    error = cause
  }
  if (error === undefined) throw new Error(`${what}: expected the error "${code}", got none`)
  if (isEventwireError(error) && error.code === code) return
  throw new Error(`${what}: expected an EventwireError "${code}", got ${error}`, { cause: error })
}

/** Waits for entries of other processes; throws when it has not arrived after ten seconds. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + TIMEOUT
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`${what}: timed out after ${TIMEOUT} ms`)
    await new Promise((resolve) => setTimeout(resolve, PAUSE))
  }
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_, part) => (isPlain(part) ? sorted(part) : part)) ?? 'undefined'
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function sorted(value: object): object {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
