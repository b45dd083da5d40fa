import { EventwireError, invalidOption, reasonOf } from '../../shared/errors.ts'
import { typeLookupOf } from '../../shared/events/define-events.ts'
import { encodePayload, typeToSend } from '../../shared/events/payload.ts'
import { describeIssues, isSchema } from '../../shared/events/schema.ts'
import type { StandardSchemaV1 } from '../../shared/events/standard-schema.ts'
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
  /** What readers receive before the end of a run whose generator threw. */
  failed(error: unknown): NewEntry[]
  readonly lost: SourceEvent | undefined
  /** What they receive before the end of a lost run. */
  readonly farewell: readonly NewEntry[]
  report(error: EventwireError): void
}

/** @throws {EventwireError} `invalid-option` that names the option and its value; what the map says of `lost`. */
export function runsSettings(
  options: RunsOptions<any, any, any>,
  report: (error: EventwireError) => void,
): RunsSettings {
  if (typeof options !== 'object' || options === null) throw invalidOption('options', options, 'give an object')
  const { events, log = () => memoryLog(), lease = 15_000, keep = 600_000, run, failed, lost, input } = options
  checkFunction('run', run, 'give an async generator function')
  checkFunction('log', log, 'give a function that returns the log of an id')
  if (failed !== undefined) checkFunction('failed', failed, 'give a function that returns an event')
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
    input: (value) => (input === undefined ? value : validated(input, value)),
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

function checkFunction(name: string, value: unknown, instead: string): void {
  if (typeof value !== 'function') throw invalidOption(name, value, instead)
}

/** @throws {EventwireError} `invalid-option` */
export function checkMilliseconds(name: string, value: unknown, min: number): void {
  if (typeof value === 'number' && value >= min && value <= MAX_TIMER) return
  throw invalidOption(name, value, `give milliseconds from ${min} to ${MAX_TIMER}`)
}

async function validated(schema: StandardSchemaV1, value: unknown): Promise<unknown> {
  const result = await schema['~standard'].validate(value)
  if (result.issues === undefined) return result.value
  const { issues } = result
  const message = `input of the run does not match its schema (${describeIssues(issues)})`
  throw new EventwireError('payload-rejected', message, { type: 'input', issues })
}

function sourceFailure(cause: unknown): EventwireError {
  if (cause instanceof EventwireError) return cause
  return new EventwireError('callback-failed', `the generator of a run failed: ${reasonOf(cause)}`, { cause })
}
