/**
 * Metrics and traces of streams and channels with OpenTelemetry, over any meter and tracer of its API.
 *
 * @module
 */

export type { EventwireError, EventwireErrorCode, EventwireErrorOf } from '../shared/errors.ts'
export { type InstrumentOptions, instrument } from './instrument.ts'
export { traceparents } from './traceparents.ts'
