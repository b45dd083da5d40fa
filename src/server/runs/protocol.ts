import { EventwireError } from '../../shared/errors.ts'
import type { RunEnd } from '../../shared/run-end.ts'
import { END_EVENT } from '../../shared/wire/names.ts'
import { type Cursor, fromCursor, type LogEntry, type NewEntry, type Page, toCursor } from '../log/event-log.ts'
import {
  BEAT_ENTRY,
  claimEntry,
  endEntry,
  endOf,
  isSignOfLife,
  meaningOf,
  ownerOf,
  STOP,
  STOP_ENTRY,
} from './entries.ts'
import { append, pause, read, type Steps, time } from './steps.ts'

/** How often a claim or a stop whose outcome is unknown is tried. */
const ATTEMPTS = 3
const PAGE = 128
const BEHIND: EventwireError = new EventwireError('log-failed', 'the log has not caught up with itself; try again')

/** A run as its log shows it. */
export interface RunView {
  readonly status: 'running' | RunEnd
  readonly last: LogEntry
}

/** Looks where a run stands, by the newest entry of its log. Returns nothing when there is no such run. */
export function* look(): Steps<RunView | undefined> {
  let life: string | undefined
  for (;;) {
    const { newest }: Page = yield read(undefined, 0)
    const { epoch, sequence } = fromCursor(newest)!
    life ??= epoch
    // A run that was claimed in another life of the log is not the one that was looked for.
    if (sequence === 0 || epoch !== life) return undefined
    const page: Page = yield read(toCursor(epoch, sequence - 1), PAGE)
    if (page.status === 'gap' && page.reason !== 'ahead') return undefined
    const last = page.entries.at(-1)
    if (last?.cursor === page.newest) return { status: last.type === END_EVENT ? endOf(last) : 'running', last }
    // It has moved on, or it answers from memory and is behind the head that was seen.
    yield pause(BEHIND)
  }
}

/**
 * Claims a run: the first entry of its log names its owner, and only one can be the first.
 *
 * @returns the position of our claim; `undefined` when the run is another's, or was.
 */
export function* claim(owner: string): Steps<Cursor | undefined> {
  let doubts = 0
  for (;;) {
    const { newest }: Page = yield read(undefined, 0)
    if (fromCursor(newest)!.sequence > 0) return doubts > 0 ? yield* ownClaim(newest, owner) : undefined
    try {
      return (yield append([claimEntry(owner)], { after: newest }))[0]
    } catch (cause) {
      const meaning = meaningOf(cause)
      // An append that timed out may have happened: the first entry says whose it was.
      if (meaning === 'unknown') doubts++
      if (meaning === 'refused' || doubts === ATTEMPTS) throw cause
    }
  }
}

function* ownClaim(newest: Cursor, owner: string): Steps<Cursor | undefined> {
  const start = toCursor(fromCursor(newest)!.epoch, 0)
  for (;;) {
    const { status, entries }: Page = yield read(start, 1)
    const [first] = entries
    if (first !== undefined) return ownerOf(first) === owner ? first.cursor : undefined
    if (status === 'gap') return undefined
    yield pause(BEHIND)
  }
}

/** The position of a producer in its log. Only `write()` moves it. */
export interface Pen {
  /** The last entry that the producer has seen. */
  head: Cursor
  /** Whether it has seen `sse:stop`. */
  stopped: boolean
}

/**
 * Appends a batch of the producer's, exactly once, behind the last entry that it has seen: an attempt that timed out and happens later
 * is refused, because another stands there by then.
 *
 * @returns whether it is there. If not, the producer is fenced: the run was ended, or the log has forgotten it.
 */
export function* write(pen: Pen, entries: readonly NewEntry[]): Steps<boolean> {
  for (;;) {
    let doubt: unknown
    try {
      pen.head = (yield append(entries, { after: pen.head })).at(-1)!
      return true
    } catch (cause) {
      const meaning = meaningOf(cause)
      if (meaning === 'closed') return false
      if (meaning === 'refused') throw cause
      if (meaning === 'unknown') doubt = cause
    }
    try {
      const found = yield* readOn(pen)
      if (found !== undefined) return found
    } catch (cause) {
      doubt = cause
    }
    if (doubt !== undefined) yield pause(doubt)
  }
}

/** Reads what stands behind the pen. Everything but stops and the end is the producer's own, so the batch has happened. */
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
 * @returns whether the run was running, and is asked to stop now.
 */
export function* stop(): Steps<boolean> {
  let life: string | undefined
  for (let attempt = 1; ; attempt++) {
    const view: RunView | undefined = yield* look()
    if (view?.status !== 'running') return false
    const { epoch } = fromCursor(view.last.cursor)!
    life ??= epoch
    // A log that has forgotten the run that was meant may hold another, which a late press must not stop.
    if (life !== epoch) return false
    if (view.last.type === STOP) return true
    try {
      yield append([STOP_ENTRY], { epoch })
      return true
    } catch (cause) {
      const meaning = meaningOf(cause)
      if (meaning === 'closed' || meaning === 'conflict') return false
      if (meaning === 'refused' || attempt === ATTEMPTS) throw cause
    }
  }
}

/** What is known of a producer elsewhere, and since when it was silent. */
export interface Vigil {
  /** The last entry that was seen. */
  head: Cursor
  /** Checks in a row, each answered promptly, without a sign of life. */
  quiet: number
  /** When the next check is due. */
  due: number
}

/** A check follows the one before after this part of a lease. */
export const CHECK: number = 1 / 4
/** So many checks without a sign of life are longer than a lease. */
const QUIET_CHECKS = 5
/** An answer or a timer that is later than this part of a lease means that somebody was frozen: the log, or this process. */
const PROMPT = 1 / 6

/**
 * Checks a producer elsewhere, and reports it lost once it gave no sign of life for a lease.
 *
 * The clock starts anew whenever the log or this process did not answer promptly: in that time a living producer could not be
 * heard. An append that the log must refuse shows that, also where reads are answered from memory.
 *
 * @param farewell what readers of a lost run receive before its end.
 * @returns `over` when the run has ended; `gone` when the log has forgotten it.
 */
export function* check(
  vigil: Vigil,
  lease: number,
  farewell: readonly NewEntry[],
): Steps<'alive' | 'silent' | 'over' | 'gone'> {
  const asked: number = yield time
  const isAnswered = yield* probe(vigil.head)
  const answered: number = yield time
  const isPrompt = isAnswered && Math.max(answered - asked, asked - vigil.due) <= lease * PROMPT
  vigil.due = answered + lease * CHECK
  if (!isPrompt) vigil.quiet = 0
  const { reason, entries, newest }: Page = yield read(vigil.head, PAGE)
  if (reason === 'epoch' || reason === 'malformed') return 'gone'
  if (entries.some(({ type }) => type === END_EVENT)) return 'over'
  // A log that answers from memory may be behind what it has shown before.
  if (reason !== 'ahead') vigil.head = newest
  if (reason === 'trimmed' || entries.some(isSignOfLife)) {
    vigil.quiet = 0
    return 'alive'
  }
  if (!isPrompt || ++vigil.quiet < QUIET_CHECKS) return 'silent'
  vigil.quiet = 0
  return yield* report(vigil.head, farewell)
}

/** Whether the log takes appends at present, by one that it must refuse: the log of a run is never empty again. */
function* probe(head: Cursor): Steps<boolean> {
  try {
    yield append([BEAT_ENTRY], { after: toCursor(fromCursor(head)!.epoch, 0) })
    return true
  } catch (cause) {
    return meaningOf(cause) !== 'unknown'
  }
}

/** Ends a run whose producer is silent, unless anything stands behind this position. */
export function* report(head: Cursor, farewell: readonly NewEntry[]): Steps<'alive' | 'silent' | 'over'> {
  try {
    yield append([...farewell, endEntry('lost')], { after: head })
    return 'over'
  } catch (cause) {
    const meaning = meaningOf(cause)
    if (meaning === 'refused') throw cause
    return meaning === 'closed' ? 'over' : meaning === 'conflict' ? 'alive' : 'silent'
  }
}
