import type { RunEnd } from '../../shared/run-end.ts'
import { END_EVENT } from '../../shared/wire/names.ts'
import type { LogEntry, NewEntry } from '../log/event-log.ts'

/** The claim of a run: the first entry of its log, which names the owner. */
export const CLAIM = 'sse:run'
/** The producer's sign of life, appended when it has published nothing for a while. */
export const BEAT = 'sse:beat'
/** Asks the producer to stop. */
export const STOP = 'sse:stop'

/** Topics that keep an entry from clients: readers of a run name no topics, so they never match. */
const HIDDEN = [CLAIM]

export function claimEntry(owner: string): NewEntry {
  return hidden(CLAIM, { owner })
}

export const BEAT_ENTRY: NewEntry = hidden(BEAT, {})
export const STOP_ENTRY: NewEntry = hidden(STOP, {})

function hidden(type: string, data: object): NewEntry {
  return { type, data: JSON.stringify(data), topics: HIDDEN }
}

export function endEntry(how: RunEnd): NewEntry {
  return { type: END_EVENT, data: JSON.stringify({ how }) }
}

/** How the run ended. An end that other code than runs has appended has no `how` and counts as `done`. */
export function endOf({ data }: LogEntry): RunEnd {
  return JSON.parse(data).how ?? 'done'
}
