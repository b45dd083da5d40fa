/**
 * Run producers that outlive their clients: the reply of a model, a job, an export.
 *
 * @module
 */

export type { EventwireError, EventwireErrorCode, EventwireErrorOf } from '../../shared/errors.ts'
export type { RunEnd } from '../../shared/run-end.ts'
export { createRuns } from './create-runs.ts'
export type { RunContext, RunEvent, RunStatus, Runs, RunsCloseOptions, RunsOptions } from './types.ts'
