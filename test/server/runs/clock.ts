import { conflict, ended } from '../../../src/server/log/admission.ts'
import type { LogEntry, NewEntry } from '../../../src/server/log/event-log.ts'
import { pageAfter } from '../../../src/server/log/page.ts'
import { fromCursor, toCursor } from '../../../src/server/log/position.ts'
import { BEAT_ENTRY, claimEntry, STOP, STOP_ENTRY } from '../../../src/server/runs/entries.ts'
import { check, type Pen, type Vigil, vigilAt, write } from '../../../src/server/runs/protocol.ts'
import type { Step, Steps } from '../../../src/server/runs/steps.ts'
import { EventwireError } from '../../../src/shared/errors.ts'
import { END_EVENT } from '../../../src/shared/wire/names.ts'
import { type Call, callOf } from './calls.ts'

/** A lease in the time of this world, whose unit is a 24th of it. */
export const LEASE = 24
/** A producer appends at least once in this time. */
const BEAT = LEASE / 3
/** A producer whose append has failed tries again after this time. */
const RETRY = LEASE / 8
/** A log that is frozen lets an append time out after this. */
const TIMEOUT = 3

/** One course of events. All times are units since the claim. */
export interface Course {
  /** When the reaper begins to look. */
  readonly reaper: number
  /** When the producer dies. */
  readonly dies?: number
  /** When the log answers nothing, and for how long. */
  readonly frozen?: readonly [from: number, length: number]
  /** An append that was sent to the frozen log happens when it answers again. */
  readonly late?: boolean
  /** When the reaper's own process stands still, and for how long. */
  readonly asleep?: readonly [from: number, length: number]
  /** How late each timer of the reaper fires, and how late the log answers each of its checks. */
  readonly delays?: readonly [timer: number, answer: number]
  /** When stop is asked for. */
  readonly stops?: readonly number[]
  /** Which of two that are due at one time comes first. */
  readonly first?: 'producer' | 'reaper'
  /** A rule that is taken out. */
  readonly without?: 'stop is not a sign of life' | 'the clock starts anew'
}

export interface Ending {
  /** When the producer appended its last entry. */
  readonly aliveAt: number
  /** When the run was reported lost. */
  readonly lostAt: number | undefined
}

/** Plays a course to its end, or for so many units. */
export function play(course: Course, units: number): Ending {
  return new Play(course).run(units)
}

interface Due {
  readonly at: number
  readonly rank: number
  readonly order: number
  readonly act: () => void
}

class Play {
  readonly #course: Course
  readonly #entries: NewEntry[] = [claimEntry('a')]
  #dues: Due[] = []
  #order = 0
  #now = 0
  #aliveAt = 0
  #lostAt: number | undefined

  constructor(course: Course) {
    this.#course = course
  }

  run(units: number): Ending {
    const { reaper, stops = [] } = this.#course
    this.#produce({ head: 'a.1', stopped: false })
    this.#at(reaper, 'reaper', () => this.#watch(vigilAt(toCursor('a', this.#entries.length), this.#now, LEASE)))
    for (const at of stops) this.#at(at, 'user', () => void this.#append([STOP_ENTRY], {}))
    while (this.#dues.length > 0 && this.#lostAt === undefined) {
      const next = this.#dues.reduce((first, due) => (compare(due, first) < 0 ? due : first))
      if (next.at > units) break
      this.#dues = this.#dues.filter((due) => due !== next)
      this.#now = next.at
      next.act()
    }
    return { aliveAt: this.#aliveAt, lostAt: this.#lostAt }
  }

  /** A producer that is silent but for its beats. */
  #produce(pen: Pen): void {
    this.#at(this.#now + BEAT, 'producer', () =>
      this.#drive('producer', write(pen, [BEAT_ENTRY]), (outcome) => {
        if (outcome) this.#produce(pen)
      }),
    )
  }

  #watch(vigil: Vigil): void {
    const { delays: [delay] = [0], without } = this.#course
    this.#at(Math.max(vigil.due, this.#now) + delay, 'reaper', () => {
      // Without its rule, a reaper takes itself for prompt.
      if (without === 'the clock starts anew') vigil.due = this.#now
      this.#drive('reaper', check(vigil, LEASE, []), (outcome) => {
        if (outcome !== 'over') this.#watch(vigil)
      })
    })
  }

  #drive<Result>(who: 'producer' | 'reaper', steps: Steps<Result>, done: (result: Result) => void): void {
    const go = (next: IteratorResult<Step, Result>) => {
      if (next.done) done(next.value)
      else
        this.#perform(
          who,
          callOf(next.value),
          (answer) => go(steps.next(answer)),
          (cause) => go(steps.throw(cause)),
        )
    }
    go(steps.next())
  }

  #perform(who: 'producer' | 'reaper', call: Call, answer: (value: any) => void, fail: (cause: unknown) => void): void {
    const { frozen: [from, length] = [0, 0], late = false, delays: [, delay] = [0, 0], without } = this.#course
    const isBlind = without === 'the clock starts anew' && who === 'reaper'
    const thaw = from + length
    const isFrozen = this.#now >= from && this.#now < thaw
    if (call.kind === 'time') answer(this.#now)
    else if (call.kind === 'pause') this.#at(this.#now + RETRY, who, () => answer(undefined))
    else if (call.kind === 'read') {
      const respond = () => answer(this.#read(call.after, call.limit))
      if (isFrozen) this.#at(thaw, who, respond)
      else respond()
    } else {
      const append = () => {
        const outcome = this.#append(call.entries, call.options)
        if (who === 'producer' && typeof outcome !== 'string') this.#aliveAt = this.#now
        const settle = () => (typeof outcome === 'string' ? fail(errorOf(outcome)) : answer(outcome))
        if (who === 'reaper' && delay > 0) this.#at(this.#now + delay, who, settle)
        else settle()
      }
      if (!isFrozen) append()
      else if (thaw - this.#now <= TIMEOUT) this.#at(thaw, who, append)
      else {
        if (late) this.#at(thaw, who, () => void this.#append(call.entries, call.options))
        this.#at(this.#now + TIMEOUT, who, () => fail(errorOf(isBlind ? 'conflict' : 'log-failed')))
      }
    }
  }

  #read(after: string | undefined, limit: number) {
    const life = this.#course.without === 'stop is not a sign of life' ? { ...BEAT_ENTRY } : undefined
    const entries = this.#entries.map(
      (entry, index): LogEntry => ({ ...((entry.type === STOP && life) || entry), cursor: toCursor('a', index + 1) }),
    )
    return pageAfter({ epoch: 'a', oldest: 0, newest: entries.length }, after, false, (at) => {
      const part = entries.slice(at, at + limit)
      return { entries: part, next: at + part.length }
    })
  }

  #append(entries: readonly NewEntry[], { after }: { after?: string | undefined }): readonly string[] | string {
    const { length } = this.#entries
    if (this.#entries[length - 1]!.type === END_EVENT) return 'closed'
    if (after !== undefined && fromCursor(after)!.sequence !== length) return 'conflict'
    this.#entries.push(...entries)
    if (entries.at(-1)!.type === END_EVENT) this.#lostAt = this.#now
    return entries.map((_, index) => toCursor('a', length + index + 1))
  }

  /** A process that sleeps does what was due when it wakes; one that has died does nothing. */
  #at(at: number, who: 'producer' | 'reaper' | 'user', act: () => void): void {
    const { asleep: [from, length] = [0, 0], first = 'producer', dies } = this.#course
    const isAsleep = who === 'reaper' && at >= from && at < from + length
    const due = { at: isAsleep ? from + length : at, rank: who === first ? 0 : 1, order: this.#order++ }
    this.#dues.push({
      ...due,
      act: () => (who === 'producer' && dies !== undefined && this.#now >= dies ? undefined : act()),
    })
  }
}

function compare(due: Due, other: Due): number {
  return due.at - other.at || due.rank - other.rank || due.order - other.order
}

function errorOf(code: string): EventwireError {
  if (code === 'conflict') return conflict('append', 'a.0')
  return code === 'closed' ? ended('append') : new EventwireError('log-failed', 'timed out')
}
