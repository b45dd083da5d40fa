/**
 * Run producers that outlive their clients: the reply of a model, a job, an export.
 *
 * @module
 */

export type { RunEnd } from '../../shared/run-end.ts'
// biome-ignore lint/style/noRestrictedImports: the compiler names inferred types by this entry.
export type {} from '../index.ts'
export { createRuns } from './create-runs.ts'
export type { RunContext, RunEvent, RunStatus, Runs, RunsOptions } from './types.ts'
