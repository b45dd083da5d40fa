import { EventwireError, type EventwireErrorCode } from '../../shared/errors.ts'
import { END_EVENT } from '../../shared/wire/names.ts'
import type { AppendOptions, Cursor, LogEntry, NewEntry, Page } from '../log/event-log.ts'
import { logFailure } from '../log/log-failure.ts'
import { fromCursor, toCursor } from '../log/position.ts'
import { BEAT_ENTRY, claimEntry, endEntry, STOP, STOP_ENTRY } from './entries.ts'
import { append, pause, read, type Steps, time } from './steps.ts'

/** The number of attempts at a claim or a stop whose outcome is unknown. */
const ATTEMPTS = 3
const BEHIND: EventwireError = new EventwireError('log-failed', 'the log is behind')

/**
 * The outcome of an append: its cursors, or why it failed.
 *
 * - `closed`: the run has ended.
 * - `conflict`: the head of the log is not at the position that the condition names.
 * - `log-failed`: the append may have happened, or may still happen.
 */
interface Outcome {
  readonly cursors?: readonly Cursor[]
  readonly code?: EventwireErrorCode
  readonly cause?: unknown
}

/** Appends a batch. Throws when the log never takes it. */
function* attempt(entries: readonly NewEntry[], options: AppendOptions): Steps<Outcome> {
  try {
    return { cursors: yield append(entries, options) }
  } catch (cause) {
    const { code } = logFailure(cause)
    if (code !== 'closed' && code !== 'conflict' && code !== 'log-failed') throw cause
    return { code, cause }
  }
}

/** Appends a batch, several times if its outcome is unknown. Throws when it stays unknown. */
function* insist(entries: readonly NewEntry[], options: AppendOptions): Steps<Outcome> {
  for (let doubts = 1; ; doubts++) {
    const outcome = yield* attempt(entries, options)
    if (outcome.code !== 'log-failed') return outcome
    if (doubts === ATTEMPTS) throw outcome.cause
  }
}

/** Reads the newest entry of a run. Returns `undefined` when the log has no run. */
export function* look(): Steps<LogEntry | undefined> {
  const { newest }: Page = yield read(undefined, 0)
  const { epoch, sequence } = fromCursor(newest)!
  if (sequence > 0) return yield* entryAfter(toCursor(epoch, sequence - 1))
  return undefined
}

/** Reads one entry that the log has. Waits for a log whose reads come from memory and are behind its own head. */
function* entryAfter(cursor: Cursor): Steps<LogEntry | undefined> {
  for (;;) {
    const { reason = 'ahead', entries }: Page = yield read(cursor, 1)
    if (entries[0] || reason !== 'ahead') return entries[0]
    yield pause(BEHIND)
  }
}

/**
 * Claims a run by appending the first entry of its log, which names the owner. Only one process can append the first entry.
 *
 * @returns the position of our claim; `undefined` when another process owns the run, or owned it.
 */
export function* claim(owner: string): Steps<Cursor | undefined> {
  const entry = claimEntry(owner)
  for (;;) {
    const { newest }: Page = yield read(undefined, 0)
    if (fromCursor(newest)!.sequence > 0) {
      // An append that timed out may have happened: the first entry names the owner.
      const first = yield* entryAfter(startOf(newest))
      return first?.data === entry.data ? first.cursor : undefined
    }
    const { cursors } = yield* insist([entry], { after: newest })
    if (cursors !== undefined) return cursors[0]
  }
}

function startOf(cursor: Cursor): Cursor {
  return toCursor(fromCursor(cursor)!.epoch, 0)
}

/** A position in the log of a run. */
interface Place {
  /** The last entry that was seen. */
  head: Cursor
  /** Whether `sse:stop` was seen. */
  stopped?: boolean
}

/** The position of a producer in its log. Only `write()` moves it. */
export type Pen = Place

/**
 * Appends a batch of the producer exactly once, behind the last entry that the producer has seen. When an attempt times out and
 * arrives later, the log refuses it, because another entry has that position by then. An empty batch only reads what others have
 * appended.
 *
 * @returns whether the batch was appended. If not, the producer is fenced: the run was ended, or the log no longer has it.
 */
export function* write(pen: Pen, entries: readonly NewEntry[]): Steps<boolean> {
  for (;;) {
    const { cursors, code, cause }: Outcome = entries[0] ? yield* attempt(entries, { after: pen.head }) : {}
    if (cursors !== undefined) {
      pen.head = cursors.at(-1)!
      return true
    }
    if (code === 'closed') return false
    try {
      if (code === 'log-failed') yield pause(cause)
      const found = yield* readOn(pen)
      if (found === 'over' || found === 'gone') return false
      // Only the producer appends entries other than stops and the end: a sign of life is the batch.
      if (found === 'alive' || !entries[0]) return true
    } catch (cause) {
      yield pause(cause)
    }
  }
}

/**
 * Moves a position to the head of the log. Waits for a log whose reads come from memory and are behind the position.
 *
 * @returns what the entries say about the producer. Stops, which any process may append, are not a sign of life. `gone`: the log has
 *   lost the run.
 */
function* readOn(place: Place): Steps<'alive' | 'silent' | 'over' | 'gone'> {
  let found: 'alive' | 'silent' = 'silent'
  for (;;) {
    const { reason, entries, next, newest }: Page = yield read(place.head, 128)
    if (reason === 'ahead') {
      yield pause(BEHIND)
      continue
    }
    place.head = next
    if (reason === 'trimmed') found = 'alive'
    else if (reason !== undefined) return 'gone'
    for (const { type } of entries) {
      if (type === END_EVENT) return 'over'
      if (type === STOP) place.stopped = true
      else found = 'alive'
    }
    if (next === newest) return found
  }
}

/**
 * Asks the producer of a run to stop.
 *
 * @returns whether the run was running and has now been asked to stop.
 */
export function* stop(): Steps<boolean> {
  const last = yield* look()
  if (last === undefined || last.type === END_EVENT) return false
  // The log may have lost the run by then and hold a later one, which a late call of `stop()` must not stop.
  const { epoch } = fromCursor(last.cursor)!
  return last.type === STOP || (yield* insist([STOP_ENTRY], { epoch })).code === undefined
}

/** The knowledge of a process about a producer in another process. */
export interface Vigil extends Place {
  /** Since when the producer has been silent, while the log and this process were prompt all the time. */
  since: number
  /** When the next check is due. */
  due: number
}

/** The time between two checks, as a part of a lease. */
const CHECK = 1 / 4
/** How late the log may answer a check, as a part of a lease. After a longer delay, the log or this process was frozen. */
const PROMPT = 1 / 6

/** Begins to watch a producer behind the last entry that was seen. */
export function vigilAt(head: Cursor, now: number, lease: number): Vigil {
  return { head, since: now, due: now + lease * CHECK }
}

/**
 * Checks a producer in another process, and reports it lost after a lease without a sign of life.
 *
 * The clock restarts whenever the log or this process was not prompt: during such a pause, the signs of a living producer may not
 * have arrived. An append that the log must refuse measures this, also for logs whose reads come from memory.
 *
 * A lease ends between two checks, so the last one is due at its end. Checks do not put each other off. A process that is prompt
 * therefore reports a producer at most `1 + CHECK + 2 * PROMPT` leases after its last entry.
 *
 * @param farewell the events that readers of a lost run receive before its end.
 * @returns `over` when the run has ended; `gone` when the log no longer has it.
 */
export function* check(
  vigil: Vigil,
  lease: number,
  farewell: readonly NewEntry[],
): Steps<'alive' | 'silent' | 'over' | 'gone'> {
  const asked: number = yield time
  // The log must refuse this: it is not empty.
  const { code } = yield* attempt([BEAT_ENTRY], { after: startOf(vigil.head) })
  const answered: number = yield time
  if (code === 'log-failed' || answered - vigil.due > lease * PROMPT) vigil.since = answered
  vigil.due = Math.max(vigil.due + lease * CHECK, answered)
  const found = yield* readOn(vigil)
  if (found === 'alive') vigil.since = yield time
  if (found !== 'silent') return found
  if (asked - vigil.since >= lease) return yield* report(vigil.head, farewell)
  vigil.due = Math.min(vigil.due, vigil.since + lease)
  return 'silent'
}

/** Ends a run whose producer is silent, unless the log has an entry behind this position. */
export function* report(head: Cursor, farewell: readonly NewEntry[]): Steps<'silent' | 'over'> {
  const { code = 'closed' } = yield* attempt([...farewell, endEntry('lost')], { after: head })
  return code === 'closed' ? 'over' : 'silent'
}
