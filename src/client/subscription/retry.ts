import type { EventwireError } from '../../shared/errors.ts'
import { report } from '../../shared/report.ts'
import { MAX_TIMER } from '../../shared/wire/names.ts'
import type { RetryPolicy, SubscribeOptions } from '../options.ts'
import { methodOf, type Source } from './connection.ts'

const HOUR = 3_600_000
const SHORTEST_JITTER = 100
/** 408, 421, 425, 429, and 5xx but 501, 505 and 511. */
const RETRYABLE_STATUS = /^(408|42[159]|5(?!01|05|11)..)$/
const RETRYABLE_CODES = ['network', 'stream-ended', 'idle', 'callback-failed']
/** The server has not processed the request: even a POST may be made again. */
const REFUSED_STATUS = /^(408|425|429|50[234])$/
/** How Node, Bun and Deno say that there was no connection. */
const NEVER_SENT =
  /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|E(HOST|NET)UNREACH|CONNECT_TIMEOUT|ConnectionRefused|FailedToOpen|(dns|tcp connect) error/

/** Whether another attempt may fare better. Node says "bad port" for ports that Fetch blocks: no attempt ever gets through. */
export function isRetryable({ code, status, cause }: EventwireError): boolean {
  if ((cause as any)?.cause?.message === 'bad port') return false
  return code === 'http-status' ? RETRYABLE_STATUS.test(`${status}`) : RETRYABLE_CODES.includes(code)
}

/** Milliseconds that the server asked to wait at least: the stream's `retry`, or this response's `Retry-After`. */
export function minimumDelay({ headers }: EventwireError, serverRetry: number = 0): number {
  const value = headers?.get('Retry-After')
  const after = !value ? 0 : /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now()
  return Math.min(HOUR, Math.max(serverRetry, after || 0))
}

/** The random part of the delay after so many failures in a row, in milliseconds. */
export function jitterWindow(policy: RetryPolicy, failures: number, serverRetry: number = Infinity): number {
  const { min = 1_000, max = 30_000, factor = 2 } = policy
  const first = Math.max(SHORTEST_JITTER, Math.min(min, serverRetry))
  return Math.min(Math.max(SHORTEST_JITTER, max), MAX_TIMER - HOUR, first * factor ** (failures - 1))
}

export function policyOf({ retry }: SubscribeOptions<any>): RetryPolicy {
  return typeof retry === 'object' ? retry : {}
}

/** Whether the request behind an error may be made again: it is safe, was not processed, or resumes from a cursor. */
function isRepeatable({ options, cursor }: Source, { code, status, cause }: EventwireError): boolean {
  const { methods = ['GET', 'QUERY'] } = policyOf(options)
  if (methods.includes(methodOf(options, cursor)) || code === 'callback-failed') return true
  if (code === 'http-status' && REFUSED_STATUS.test(`${status}`)) return true
  if (code === 'network' && wasNeverSent(cause)) return true
  return code !== 'stream-ended' && cursor.sendable !== ''
}

function wasNeverSent(cause: any): boolean {
  return cause != null && (NEVER_SENT.test(`${cause.code} ${cause.message}`) || wasNeverSent(cause.cause))
}

/** What follows a failed attempt: a delay in milliseconds, or the reason to close. */
export function nextStep(
  source: Source,
  error: EventwireError,
  attempt: number,
  delays: { floor: number; planned: number },
): number | 'fatal' | 'exhausted' | 'complete' {
  const { options } = source
  const { retry } = options
  const { maxRetries = Infinity } = policyOf(options)
  const { floor, planned } = delays
  const repeatable = retry !== false && isRepeatable(source, error)
  const delay = isRetryable(error) && repeatable && attempt <= maxRetries && planned
  const chosen = typeof retry === 'function' ? ask(retry, { error, attempt, floor, delay }) : delay
  if (chosen !== false) return chosen
  if (error.code === 'stream-ended' && !(repeatable && attempt > maxRetries)) return 'complete'
  return isRetryable(error) ? 'exhausted' : 'fatal'
}

type RetryFunction = Extract<SubscribeOptions<any>['retry'], Function>

function ask(retry: RetryFunction, context: Parameters<RetryFunction>[0]): number | false {
  try {
    const chosen = retry(context)
    if (chosen === false) return false
    return chosen! >= 0 ? Math.min(chosen!, MAX_TIMER) : context.delay
  } catch (cause) {
    report(cause)
    return context.delay
  }
}
