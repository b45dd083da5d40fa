/**
 * Metrics and traces of streams and channels with OpenTelemetry, over any meter and tracer of its API.
 *
 * @module
 */

// biome-ignore lint/style/noRestrictedImports: the compiler names inferred types by this entry.
export type {} from '../server/index.ts'
export type { MeterLike, TracerLike } from './api.ts'
export { type InstrumentOptions, instrument } from './instrument.ts'
export { traceparents } from './traceparents.ts'
