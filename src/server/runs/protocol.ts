import { EventwireError, type EventwireErrorCode } from '../../shared/errors.ts'
import type { RunEnd } from '../../shared/run-end.ts'
import { END_EVENT } from '../../shared/wire/names.ts'
import type { AppendOptions, Cursor, LogEntry, NewEntry, Page } from '../log/event-log.ts'
import { logFailure } from '../log/log-failure.ts'
import { fromCursor, toCursor } from '../log/position.ts'
import { BEAT_ENTRY, claimEntry, endEntry, endOf, isSignOfLife, ownerOf, STOP, STOP_ENTRY } from './entries.ts'
import { append, pause, read, type Steps, time } from './steps.ts'

/** The number of attempts at a claim or a stop whose outcome is unknown. */
const ATTEMPTS = 3
const PAGE = 128
const BEHIND: EventwireError = new EventwireError('log-failed', 'the log is behind its own head; try again')

/** A run as its log shows it. */
export interface RunView {
  readonly status: 'running' | RunEnd
  readonly last: LogEntry
}

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

/** Reads the status of a run from the newest entry of its log. Returns `undefined` when the log has no run. */
export function* look(): Steps<RunView | undefined> {
  const { newest }: Page = yield read(undefined, 0)
  const { epoch, sequence } = fromCursor(newest)!
  const last = sequence > 0 ? yield* entryAfter(toCursor(epoch, sequence - 1)) : undefined
  return last && { status: last.type === END_EVENT ? endOf(last) : 'running', last }
}

/** Reads one entry that the log has. Waits for a log whose reads come from memory and are behind its own head. */
function* entryAfter(cursor: Cursor): Steps<LogEntry | undefined> {
  for (;;) {
    const { reason, entries }: Page = yield read(cursor, 1)
    if (entries.length > 0 || (reason !== undefined && reason !== 'ahead')) return entries[0]
    yield pause(BEHIND)
  }
}

/**
 * Claims a run by appending the first entry of its log, which names the owner. Only one process can append the first entry.
 *
 * @returns the position of our claim; `undefined` when another process owns the run, or owned it.
 */
export function* claim(owner: string): Steps<Cursor | undefined> {
  let doubts = 0
  for (;;) {
    const { newest }: Page = yield read(undefined, 0)
    if (fromCursor(newest)!.sequence > 0) return doubts > 0 ? yield* ownClaim(newest, owner) : undefined
    const { cursors, code, cause } = yield* attempt([claimEntry(owner)], { after: newest })
    if (cursors !== undefined) return cursors[0]
    // An append that timed out may have happened: the first entry names the owner.
    if (code === 'log-failed' && ++doubts === ATTEMPTS) throw cause
  }
}

function* ownClaim(newest: Cursor, owner: string): Steps<Cursor | undefined> {
  const first = yield* entryAfter(startOf(newest))
  return first && ownerOf(first) === owner ? first.cursor : undefined
}

function startOf(cursor: Cursor): Cursor {
  return toCursor(fromCursor(cursor)!.epoch, 0)
}

/** The position of a producer in its log. Only `write()` moves it. */
export interface Pen {
  /** The last entry that the producer has seen. */
  head: Cursor
  /** Whether it has seen `sse:stop`. */
  stopped: boolean
}

/**
 * Appends a batch of the producer exactly once, behind the last entry that the producer has seen. When an attempt times out and
 * arrives later, the log refuses it, because another entry has that position by then.
 *
 * @returns whether the batch was appended. If not, the producer is fenced: the run was ended, or the log no longer has it.
 */
export function* write(pen: Pen, entries: readonly NewEntry[]): Steps<boolean> {
  for (;;) {
    let { cursors, code, cause } = yield* attempt(entries, { after: pen.head })
    if (cursors !== undefined) {
      pen.head = cursors.at(-1)!
      return true
    }
    if (code === 'closed') return false
    let doubts = code === 'log-failed'
    try {
      const found = yield* readOn(pen)
      if (found !== undefined) return found
    } catch (failure) {
      doubts = true
      cause = failure
    }
    if (doubts) yield pause(cause)
  }
}

/** Reads the entries behind the pen. Only the producer appends entries other than stops and the end: any such entry is the batch. */
function* readOn(pen: Pen): Steps<boolean | undefined> {
  let found: true | undefined
  for (;;) {
    const { status, reason, entries, next, newest }: Page = yield read(pen.head, PAGE)
    if (reason === 'ahead') throw BEHIND
    if (status === 'gap') return false
    for (const { type, cursor } of entries) {
      if (type === END_EVENT) return false
      if (type === STOP) pen.stopped = true
      else found = true
      pen.head = cursor
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
  let life: string | undefined
  for (let doubts = 0; ; ) {
    const view: RunView | undefined = yield* look()
    if (view?.status !== 'running') return false
    const { epoch } = fromCursor(view.last.cursor)!
    life ??= epoch
    // The log may have lost that run and hold a later one, which a late call of `stop()` must not stop.
    if (life !== epoch) return false
    if (view.last.type === STOP) return true
    const { code, cause } = yield* attempt([STOP_ENTRY], { epoch })
    if (code !== 'log-failed') return code === undefined
    if (++doubts === ATTEMPTS) throw cause
  }
}

/** The knowledge of a process about a producer in another process. */
export interface Vigil {
  /** The last entry that was seen. */
  head: Cursor
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
  const { reason, entries, newest }: Page = yield read(vigil.head, PAGE)
  if (reason === 'epoch' || reason === 'malformed') return 'gone'
  if (entries.some(({ type }) => type === END_EVENT)) return 'over'
  // A log whose reads come from memory may be behind an earlier reply.
  if (reason !== 'ahead') vigil.head = newest
  if (reason === 'trimmed' || entries.some(isSignOfLife)) {
    vigil.since = yield time
    return 'alive'
  }
  if (asked - vigil.since >= lease) return yield* report(vigil.head, farewell)
  vigil.due = Math.min(vigil.due, vigil.since + lease)
  return 'silent'
}

/** Ends a run whose producer is silent, unless the log has an entry behind this position. */
export function* report(head: Cursor, farewell: readonly NewEntry[]): Steps<'silent' | 'over'> {
  const { code = 'closed' } = yield* attempt([...farewell, endEntry('lost')], { after: head })
  return code === 'closed' ? 'over' : 'silent'
}
