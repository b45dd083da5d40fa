import { type EventwireError, invalidOption } from '../../shared/errors.ts'
import { decodePayload, encodePayload, typeToSend } from '../../shared/events/payload.ts'
import { isSchema, validate } from '../../shared/events/schema.ts'
import { checkName } from '../../shared/wire/encode.ts'
import type { EventLog, NewEntry } from '../log/event-log.ts'
import { memoryLog } from '../log/memory-log.ts'
import { type SourceEvent, sourceFailure } from '../stream/pipe.ts'
import { checkMilliseconds, settingsOf } from '../stream/settings.ts'
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
  const {
    events,
    log = () => memoryLog(),
    lease = 15_000,
    keep = 600_000,
    run,
    failed = () => undefined,
    lost,
    input,
  } = options
  for (const [name, call] of Object.entries({ run, log, failed })) {
    if (typeof call !== 'function') throw invalidOption(name, call, 'give a function')
  }
  if (input !== undefined && !isSchema(input)) throw invalidOption('input', input, 'give a Standard Schema')
  checkMilliseconds('lease', lease, 100)
  checkMilliseconds('keep', keep, 0)
  const stream = { ...options.stream, events }
  const { lookup } = settingsOf(stream)
  const encode = ({ type, data }: SourceEvent) => {
    checkName(type)
    return { type, data: encodePayload(typeToSend(lookup, type), type, data) }
  }
  const entriesOf = (event: SourceEvent | undefined) => (event === undefined ? [] : [encode(event)])
  const reportFailure = (cause: unknown) => report(sourceFailure('`run`', cause))
  return {
    lease,
    keep,
    stream,
    log,
    run,
    input: (value) => (input ? decodePayload({ decode: () => validate(input, value) }, 'input', '', '') : value),
    encode,
    failed(error) {
      reportFailure(error)
      try {
        return entriesOf(failed(error))
      } catch (cause) {
        reportFailure(cause)
        return []
      }
    },
    lost,
    farewell: entriesOf(lost),
    report,
  }
}
