import { EventwireError } from '../../shared/errors.ts'
import type { RunEnd } from '../../shared/run-end.ts'
import { END_EVENT } from '../../shared/wire/names.ts'
import type { LogEntry, NewEntry } from '../log/event-log.ts'

/** The claim of a run: the first entry of its log, which names the owner. */
export const CLAIM = 'sse:run'
/** The producer's sign of life in silence. */
export const BEAT = 'sse:beat'
/** Asks the producer to stop. */
export const STOP = 'sse:stop'

/** A reader of a run names no topics, so an entry that has one is never written to a client. */
const HIDDEN = ['sse:run']

export function claimEntry(owner: string): NewEntry {
  return { type: CLAIM, data: JSON.stringify({ owner }), topics: HIDDEN }
}

export const BEAT_ENTRY: NewEntry = { type: BEAT, data: '{}', topics: HIDDEN }
export const STOP_ENTRY: NewEntry = { type: STOP, data: '{}', topics: HIDDEN }

export function endEntry(how: RunEnd): NewEntry {
  return { type: END_EVENT, data: JSON.stringify({ how }) }
}

export function ownerOf({ type, data }: LogEntry): string | undefined {
  return type === CLAIM ? JSON.parse(data).owner : undefined
}

/** A log that was ended by another writer says nothing of how. */
export function endOf({ data }: LogEntry): RunEnd {
  return JSON.parse(data).how ?? 'done'
}

/** Whether only a living producer appends such an entry. */
export function isSignOfLife({ type }: NewEntry): boolean {
  return type !== STOP
}

/**
 * What a failed append means.
 *
 * - `closed`: the run has ended.
 * - `conflict`: the log is not where the condition wants it.
 * - `refused`: the log never takes this batch.
 * - `unknown`: it may have happened, or may still happen.
 */
export function meaningOf(cause: unknown): 'closed' | 'conflict' | 'refused' | 'unknown' {
  if (!(cause instanceof EventwireError) || cause.code === 'log-failed') return 'unknown'
  return cause.code === 'closed' || cause.code === 'conflict' ? cause.code : 'refused'
}
