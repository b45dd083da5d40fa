import { EventwireError, invalidOption, reasonOf } from '../../shared/errors.ts'
import { typeLookupOf } from '../../shared/events/define-events.ts'
import { decodePayload, encodePayload, typeToSend } from '../../shared/events/payload.ts'
import { isSchema, validate } from '../../shared/events/schema.ts'
import { checkName } from '../../shared/wire/encode.ts'
import { MAX_TIMER } from '../../shared/wire/names.ts'
import type { EventLog, NewEntry } from '../log/event-log.ts'
import { memoryLog } from '../log/memory-log.ts'
import type { SourceEvent } from '../stream/pipe.ts'
import { settingsOf } from '../stream/settings.ts'
import type { StreamOptions } from '../stream/types.ts'
import type { RunContext, RunsOptions } from './types.ts'

/** The options of `createRuns()`, checked. */
export interface RunsSettings {
  readonly lease: number
  readonly keep: number
  readonly stream: StreamOptions<any>
  log(id: string): EventLog
  run(context: RunContext<any>): unknown
  input(value: unknown): unknown
  encode(event: SourceEvent): NewEntry
  /** The events that readers receive before the end of a run whose generator threw. */
  failed(error: unknown): NewEntry[]
  readonly lost: SourceEvent | undefined
  /** The events that readers receive before the end of a lost run. */
  readonly farewell: readonly NewEntry[]
  report(error: EventwireError): void
}

/** @throws {EventwireError} `invalid-option` that names the option and its value; the error of the map for `lost`. */
export function runsSettings(
  options: RunsOptions<any, any, any>,
  report: (error: EventwireError) => void,
): RunsSettings {
  const { events, log = () => memoryLog(), lease = 15_000, keep = 600_000, run, failed, lost, input } = options
  for (const [name, call] of Object.entries({ run, log, failed: failed ?? run })) {
    if (typeof call !== 'function') throw invalidOption(name, call, 'give a function')
  }
  if (input !== undefined && !isSchema(input)) throw invalidOption('input', input, 'give a Standard Schema')
  checkMilliseconds('lease', lease, 100)
  checkMilliseconds('keep', keep, 0)
  const stream = { ...options.stream, events }
  settingsOf(stream)
  const lookup = typeLookupOf(events)
  const encode = ({ type, data }: SourceEvent) => {
    checkName(type)
    return { type, data: encodePayload(typeToSend(lookup, type), type, data) }
  }
  return {
    lease,
    keep,
    stream,
    log,
    run,
    input: (value) =>
      input === undefined ? value : decodePayload({ decode: () => validate(input, value) }, 'input', '', ''),
    encode,
    failed(error) {
      report(sourceFailure(error))
      try {
        const event = failed?.(error)
        return event === undefined ? [] : [encode(event)]
      } catch (cause) {
        report(sourceFailure(cause))
        return []
      }
    },
    lost,
    farewell: lost === undefined ? [] : [encode(lost)],
    report,
  }
}

/** @throws {EventwireError} `invalid-option` */
export function checkMilliseconds(name: string, value: unknown, min: number): void {
  if (typeof value === 'number' && value >= min && value <= MAX_TIMER) return
  throw invalidOption(name, value, `give milliseconds from ${min} to ${MAX_TIMER}`)
}

function sourceFailure(cause: unknown): EventwireError {
  if (cause instanceof EventwireError) return cause
  return new EventwireError('callback-failed', `the generator of a run failed: ${reasonOf(cause)}`, { cause })
}
