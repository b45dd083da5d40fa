import type { EventwireError } from '../../shared/errors.ts'
import { MAX_TIMER } from '../../shared/wire/names.ts'
import type { RetryPolicy, SubscribeOptions } from '../options.ts'
import type { Source } from './connection.ts'
import { report } from './listeners.ts'

const HOUR = 3_600_000
const SHORTEST_SPAN = 100
/** 408, 421, 425, 429, and 5xx but 501, 505 and 511. */
const BUSY = /^(408|42[159]|5(?!01|05|11)..)$/
const LASTING = ['network', 'stream-ended', 'idle', 'callback-failed']

/** Whether another attempt may fare better. Node says "bad port" for ports that Fetch blocks: no attempt ever gets through. */
export function isRetryable({ code, status, cause }: EventwireError): boolean {
  if ((cause as any)?.cause?.message === 'bad port') return false
  return code === 'http-status' ? BUSY.test(`${status}`) : LASTING.includes(code)
}

/** Milliseconds that the server asks to wait at least: the stream's `retry`, or this answer's `Retry-After`. */
export function floorOf({ headers }: EventwireError, serverRetry: number = 0): number {
  const value = headers?.get('Retry-After')
  const after = !value ? 0 : /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now()
  return Math.min(HOUR, Math.max(serverRetry, after || 0))
}

/** The random part of the delay after so many failures in a row, in milliseconds. */
export function spanOf(policy: RetryPolicy, failures: number, serverRetry: number = Infinity): number {
  const { min = 1_000, max = 30_000, factor = 2 } = policy
  const first = Math.min(min, Math.max(serverRetry, SHORTEST_SPAN))
  return Math.min(max, MAX_TIMER - HOUR, first * factor ** (failures - 1))
}

export function policyOf({ retry }: SubscribeOptions<any>): RetryPolicy {
  return typeof retry === 'object' ? retry : {}
}

/** The delay of the next attempt in milliseconds, `false` when there is none: the policy's answer, or the user's. */
export function decide(
  { options, cursor }: Source,
  error: EventwireError,
  attempt: number,
  planned: number,
): number | false {
  const { retry, method = 'GET' } = options
  const { maxRetries = Infinity, methods = ['GET'] } = policyOf(options)
  const repeatable = methods.includes(method) || cursor.received !== ''
  const delay = isRetryable(error) && retry !== false && attempt <= maxRetries && repeatable && planned
  if (typeof retry !== 'function') return delay
  try {
    const chosen = retry({ error, attempt, delay })
    return chosen === false ? chosen : chosen! >= 0 ? Math.min(chosen!, MAX_TIMER) : delay
  } catch (cause) {
    report(cause)
    return delay
  }
}
