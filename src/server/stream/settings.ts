import { invalidOption } from '../../shared/errors.ts'
import { type TypeLookup, typeLookupOf } from '../../shared/events/define-events.ts'
import type { Controls } from '../../shared/wire/encode.ts'
import { MAX_TIMER } from '../../shared/wire/names.ts'
import type { Compression } from './compression.ts'
import { encoderFor } from './internal.ts'
import type { StreamOptions } from './types.ts'

/** The options of a stream, checked. */
export interface StreamSettings {
  readonly lookup: TypeLookup
  readonly heartbeat: number | false
  readonly retry: number | RetryRange | undefined
  readonly maxBuffer: number
  readonly stallTimeout: number | false
  readonly maxDuration: number | false
  readonly controls: Controls
  readonly done: string | undefined
  readonly onGap: StreamOptions<any>['onGap']
  readonly compress: Compression | undefined
}

/** A reconnection time for many clients: each gets one of its own, at random. */
export interface RetryRange {
  readonly min: number
  readonly max: number
}

/** Bun closes a connection after 10 s of silence. */
const HEARTBEAT = 'Bun' in globalThis ? 8_000 : 15_000

/** @throws {EventwireError} `invalid-option` that names the option and its value. */
export function settingsOf(options: StreamOptions<any> | undefined): StreamSettings {
  if (options === undefined) return DEFAULTS
  if (typeof options !== 'object' || options === null) throw invalidOption('options', options, 'give an object')
  const { events, heartbeat = HEARTBEAT, retry, maxBuffer = 1_048_576 } = options
  const { stallTimeout = 30_000, maxDuration = false, signal, controls = 'events', done, onGap, compress } = options
  for (const [name, value] of Object.entries({ heartbeat, stallTimeout, maxDuration })) {
    if (value !== false) checkMilliseconds(name, value, 1, ', or false to switch it off')
  }
  checkRetry(retry)
  if (!(maxBuffer > 0 && maxBuffer < Infinity))
    throw invalidOption('maxBuffer', maxBuffer, 'give a positive number of bytes')
  if (signal !== undefined && typeof signal?.addEventListener !== 'function') {
    throw invalidOption('signal', signal, 'give an AbortSignal')
  }
  if (controls !== 'events' && controls !== 'comments') {
    throw invalidOption('controls', controls, "give 'events' or 'comments'")
  }
  if (done !== undefined && typeof done !== 'string') throw invalidOption('done', done, 'give a string')
  if (onGap !== undefined && typeof onGap !== 'function') throw invalidOption('onGap', onGap, 'give a function')
  checkCompress(compress)
  const durations = { heartbeat, retry, stallTimeout, maxDuration }
  return { lookup: typeLookupOf(events), ...durations, maxBuffer, controls, done, onGap, compress }
}

const DEFAULTS: StreamSettings = settingsOf({})

/** @throws {EventwireError} `invalid-option` */
export function checkMilliseconds(option: string, value: unknown, least: number, or = ''): void {
  if (typeof value === 'number' && value >= least && value <= MAX_TIMER) return
  throw invalidOption(option, value, `give milliseconds from ${least} to ${MAX_TIMER}${or}`)
}

/** @throws {EventwireError} `invalid-option` */
export function checkCompress(compress: Compression | undefined): void {
  if (compress === undefined || typeof compress?.[encoderFor] === 'function') return
  throw invalidOption('compress', compress, 'give gzip() of eventwire/gzip')
}

/** @throws {EventwireError} `invalid-option` */
export function checkRetry(retry: any): void {
  if (typeof retry === 'object' && retry !== null) {
    checkDelay('retry.min', retry.min, 0)
    checkDelay('retry.max', retry.max, retry.min)
  } else if (retry !== undefined) checkDelay('retry', retry, 0, ', or { min, max } of them')
}

function checkDelay(option: string, value: unknown, least: number, or = ''): void {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= MAX_TIMER) return
  throw invalidOption(option, value, `give whole milliseconds from ${least} to ${MAX_TIMER}${or}`)
}

/** @throws {EventwireError} `invalid-option` */
export function checkFinal(final: unknown): void {
  if (typeof final !== 'boolean') throw invalidOption('final', final, 'give true or false')
}

/** A reconnection time for one connection. */
export function drawRetry(retry: number | RetryRange): number {
  if (typeof retry === 'number') return retry
  const { min, max } = retry
  return min + Math.floor(Math.random() * (max - min + 1))
}
