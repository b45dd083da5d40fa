import type { EventwireError, EventwireErrorOf } from '../../shared/errors.ts'
import { report } from '../../shared/report.ts'
import { MAX_TIMER } from '../../shared/wire/names.ts'
import type { RetryPolicy, SubscribeOptions } from '../options.ts'
import { methodOf, type Source } from './connection.ts'

const HOUR = 3_600_000
const SHORTEST_JITTER = 100
/** 408, 421, 425, 429, and 5xx but 501, 505 and 511. */
const RETRYABLE_STATUS = /^(408|42[159]|5(?!01|05|11)..)$/
/** The server has not processed the request: even a POST may be made again. */
const REFUSED_STATUS = /^(408|42[59]|50[234])$/
const RETRYABLE_CODES = ['network', 'stream-ended', 'idle', 'callback-failed']
/** Messages and codes of Node, Bun and Deno for a connection that was never established. */
const NEVER_SENT = /refused|notfound|eai_again|unreach|connect_timeout|failedtoopen|dns error/i

/** The next step after a failed attempt. */
export interface NextStep {
  /** Milliseconds that the server asked to wait at least. */
  readonly floor: number
  /** The delay of the next attempt in milliseconds, or the reason to close. */
  readonly next: number | 'fatal' | 'exhausted' | 'complete'
}

export function policyOf({ retry }: SubscribeOptions<any>): RetryPolicy {
  return typeof retry === 'object' ? retry : {}
}

/** Codes and messages of what was thrown and of its cause, where Node keeps the reason. */
function evidenceOf(thrown: any): string {
  return [thrown, thrown?.cause].map((error) => `${error?.code} ${error?.message}`).join()
}

/** Whether another attempt may fare better. Node says "bad port" for ports that Fetch blocks: no attempt ever gets through. */
function isRetryable({ code, status, cause }: EventwireError): boolean {
  if (code === 'http-status') return RETRYABLE_STATUS.test(`${status}`)
  return RETRYABLE_CODES.includes(code) && !/bad port/.test(evidenceOf(cause))
}

/** Whether the request behind an error may be made again: it is safe, was not processed, or resumes from a cursor. */
function isRepeatable({ options, cursor }: Source, { code, status, cause }: EventwireError): boolean {
  const { methods = ['GET', 'QUERY'] } = policyOf(options)
  return (
    methods.includes(methodOf(options, cursor)) ||
    code === 'callback-failed' ||
    REFUSED_STATUS.test(`${status}`) ||
    NEVER_SENT.test(evidenceOf(cause)) ||
    (code !== 'stream-ended' && cursor.sendable !== '')
  )
}

/** Milliseconds that the server asked to wait at least: the stream's `retry`, or this response's `Retry-After`. */
function minimumDelay({ headers }: EventwireError, serverRetry: number): number {
  const value = headers?.get('Retry-After') ?? ''
  const after = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now()
  return Math.min(HOUR, Math.max(serverRetry, after || 0))
}

/** The jitter in milliseconds after a number of failures in a row. */
function jitterOf({ min = 1_000, max = 30_000, factor = 2 }: RetryPolicy, failures: number, serverRetry = min): number {
  const first = Math.max(SHORTEST_JITTER, Math.min(min, serverRetry))
  return Math.random() * Math.min(Math.max(SHORTEST_JITTER, max), MAX_TIMER - HOUR, first * factor ** (failures - 1))
}

export function nextStep(source: Source, error: EventwireError, attempt: number, serverRetry?: number): NextStep {
  const { retry } = source.options
  const policy = policyOf(source.options)
  const floor = minimumDelay(error, serverRetry ?? 0)
  const repeatable = retry !== false && isRepeatable(source, error)
  const exhausted = attempt > (policy.maxRetries ?? Infinity)
  const retryable = isRetryable(error)
  let next = retryable && repeatable && !exhausted && Math.round(floor + jitterOf(policy, attempt, serverRetry))
  if (typeof retry === 'function') {
    try {
      const chosen = retry({ error: error as EventwireErrorOf, attempt, floor, delay: next })
      if (chosen === false || chosen! >= 0) next = chosen!
    } catch (cause) {
      report(cause)
    }
  }
  if (next !== false) return { floor, next: Math.min(next, MAX_TIMER) }
  if (error.code === 'stream-ended' && !(repeatable && exhausted)) return { floor, next: 'complete' }
  return { floor, next: retryable ? 'exhausted' : 'fatal' }
}
