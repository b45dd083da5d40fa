import { conflict, ended, isPlainEnd } from '../../../src/server/log/admission.ts'
import type { LogEntry, NewEntry } from '../../../src/server/log/event-log.ts'
import { pageAfter } from '../../../src/server/log/page.ts'
import { fromCursor, toCursor } from '../../../src/server/log/position.ts'
import type { Steps } from '../../../src/server/runs/steps.ts'
import { EventwireError } from '../../../src/shared/errors.ts'
import { END_EVENT } from '../../../src/shared/wire/names.ts'
import { type Call, callOf } from './calls.ts'

type Append = Extract<Call, { kind: 'append' }>
type Read = Extract<Call, { kind: 'read' }>

/** A program of one process, whose steps are the protocol's. */
export interface Process {
  readonly name: string
  /** Writes down in `memory` what it remembers between two steps. */
  readonly steps: (memory: Record<string, unknown>) => Steps<string>
}

/** The faults that may happen and how often, and the rule of the protocol or of the log that is disabled. */
export interface Scenario {
  readonly processes: readonly Process[]
  /** Appends whose answer is lost: they have not happened, have happened, or happen later. */
  readonly timeouts?: number
  /** How often the log is deleted. */
  readonly forgets?: number
  /** Each process has positions of its own for an empty log, as with Redis. */
  readonly ownPositions?: boolean
  /** Reads may be answered from a memory that lacks the newest entry. */
  readonly lags?: boolean
  /** Changes an append before it reaches the log. */
  readonly tamper?: (append: Append) => Append
  /** The log takes entries behind an end. */
  readonly endless?: boolean
  /** The log compares positions without their epochs. */
  readonly timeless?: boolean
}

/** The log at one moment, and the results of the processes that are through. */
export interface World {
  readonly epoch: string
  readonly entries: readonly NewEntry[]
  readonly results: readonly (string | undefined)[]
  /** Nobody has anything left to do. */
  readonly isOver: boolean
}

export interface Found {
  readonly states: number
  readonly fault: string | undefined
  /** The moves that lead to it. */
  readonly path: readonly string[]
}

/** A process after some answers. Two of them with one key do the same from here on. */
interface History {
  readonly key: number
  readonly call: Call | undefined
  readonly result: string | undefined
  readonly answers: readonly string[]
  readonly next: Map<string, History>
}

interface State {
  /** `''` for a log that is empty. */
  readonly epoch: string
  readonly life: number
  readonly entries: readonly NewEntry[]
  /** Appends that have timed out and are still on their way. */
  readonly ghosts: readonly { readonly by: number; readonly append: Append }[]
  readonly histories: readonly History[]
  /** How many positions of an empty log each process has used up. */
  readonly offers: readonly number[]
  readonly timeouts: number
  readonly forgets: number
}

interface Move {
  readonly what: () => string
  readonly to: State
}

interface Path {
  readonly what: () => string
  readonly before: Path | undefined
}

const MOST = 2_000_000

/** Puts the steps of all processes into every order, with every fault, and checks the log after each step. Returns the first fault. */
export function searchAll(scenario: Scenario, check: (world: World) => string | undefined): Found {
  const search = new Search(scenario)
  const seen = new Set<string>()
  const stack: { state: State; path: Path | undefined }[] = [{ state: search.start(), path: undefined }]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { state, path } = next
    const { epoch, entries, histories } = state
    const key = search.keyOf(state)
    if (seen.has(key)) continue
    seen.add(key)
    if (seen.size > MOST) throw new Error(`more than ${MOST} states`)
    const moves = search.movesOf(state)
    const fault = check({ epoch, entries, results: histories.map(({ result }) => result), isOver: moves.length === 0 })
    if (fault !== undefined) return { states: seen.size, fault, path: namesOf(path) }
    for (const { what, to } of moves) stack.push({ state: to, path: { what, before: path } })
  }
  return { states: seen.size, fault: undefined, path: [] }
}

function namesOf(path: Path | undefined): string[] {
  const moves: string[] = []
  for (let at = path; at !== undefined; at = at.before) moves.unshift(at.what())
  return moves
}

class Search {
  readonly #scenario: Scenario
  readonly #numbers = new Map<string, number>()

  constructor(scenario: Scenario) {
    this.#scenario = scenario
  }

  start(): State {
    const { processes, timeouts = 0, forgets = 0 } = this.#scenario
    return {
      epoch: '',
      life: 0,
      entries: [],
      ghosts: [],
      histories: processes.map((_, by) => this.#replay(by, [])),
      offers: processes.map(() => 0),
      timeouts,
      forgets,
    }
  }

  keyOf({ epoch, life, entries, ghosts, histories, offers, timeouts, forgets }: State): string {
    const log = this.#number(entries.map(({ type, data }) => type + data).join())
    const late = ghosts.length === 0 ? '' : JSON.stringify(ghosts)
    return `${epoch} ${life} ${log} ${histories.map(({ key }) => key)} ${offers} ${timeouts} ${forgets} ${late}`
  }

  movesOf(state: State): Move[] {
    const moves: Move[] = []
    for (const [by, { call }] of state.histories.entries()) if (call !== undefined) this.#step(moves, state, by, call)
    for (const [index, { by, append }] of state.ghosts.entries()) {
      const ghosts = state.ghosts.filter((_, other) => other !== index)
      moves.push({ what: () => `late: ${nameOf(append)}`, to: { ...this.#apply(state, by, append).to, ghosts } })
    }
    const { entries, forgets, life } = state
    if (forgets > 0 && entries.length > 0) {
      const to = { ...state, epoch: '', life: life + 1, entries: [], forgets: forgets - 1 }
      moves.push({ what: () => 'the log is deleted', to })
    }
    return moves
  }

  #step(moves: Move[], state: State, by: number, call: Call): void {
    const name = this.#scenario.processes[by]!.name
    if (call.kind === 'pause' || call.kind === 'time') {
      moves.push({ what: () => `${name} waits`, to: this.#answer(state, by, '0') })
    } else if (call.kind === 'read') {
      const answer = (entries: readonly NewEntry[]) => JSON.stringify(this.#page({ ...state, entries }, by, call))
      moves.push({ what: () => `${name} reads`, to: this.#answer(state, by, answer(state.entries)) })
      if (!this.#scenario.lags || state.entries.length === 0) return
      const behind = answer(state.entries.slice(0, -1))
      moves.push({ what: () => `${name} reads from memory`, to: this.#answer(state, by, behind) })
    } else {
      const append = this.#scenario.tamper?.(call) ?? call
      const { to, outcome } = this.#apply(state, by, append)
      const what = () => `${name} appends ${nameOf(append)}`
      moves.push({ what: () => `${what()}: ${outcome}`, to: this.#answer(to, by, outcome) })
      if (state.timeouts > 0) this.#timeOut(moves, state, by, append, what)
    }
  }

  /** The answer is lost. Whatever becomes of the append, a process never begins a log with the same name twice. */
  #timeOut(moves: Move[], state: State, by: number, append: Append, what: () => string): void {
    const offers = oneMore(state.offers, by)
    const before = { ...state, timeouts: state.timeouts - 1 }
    const lose = (to: State) => this.#answer({ ...to, offers }, by, '!log-failed')
    moves.push({ what: () => `${what()}: times out, has not happened`, to: lose(before) })
    moves.push({ what: () => `${what()}: times out, has happened`, to: lose(this.#apply(before, by, append).to) })
    const ghosts = [...state.ghosts, { by, append }]
    moves.push({ what: () => `${what()}: times out, happens later`, to: lose({ ...before, ghosts }) })
  }

  #answer(state: State, by: number, answer: string): State {
    const history = state.histories[by]!
    let next = history.next.get(answer)
    if (next === undefined) {
      next = this.#replay(by, [...history.answers, answer])
      history.next.set(answer, next)
    }
    return { ...state, histories: state.histories.map((history, index) => (index === by ? next : history)) }
  }

  /** Brings a process to where these answers bring it: a generator cannot be copied. */
  #replay(by: number, answers: readonly string[]): History {
    const memory = {}
    const run = this.#scenario.processes[by]!.steps(memory)
    const at = { answers, next: new Map() }
    let result: string
    try {
      let next = run.next()
      for (const answer of answers) {
        next = answer.startsWith('!') ? run.throw(errorOf(answer)) : run.next(JSON.parse(answer))
      }
      if (!next.done) {
        const epochs = new Set(answers.join().match(/[a-z0-9]+(?=\.[a-z0-9])/g))
        const failures = answers.filter((answer) => answer === '!log-failed').length
        const last = answers.at(-1)?.startsWith('!') ? answers.at(-1) : ''
        const call = callOf(next.value)
        const key = this.#number(JSON.stringify([call, memory, [...epochs], failures, last]))
        return { ...at, key, call, result: undefined }
      }
      result = next.value
    } catch (error) {
      result = `threw ${(error as EventwireError).code}`
    }
    return { ...at, key: this.#number(result), call: undefined, result }
  }

  #number(key: string): number {
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    this.#numbers.set(key, this.#numbers.size)
    return this.#numbers.size - 1
  }

  /** The epoch as a process sees it: that of an empty log is the one in which it will begin. */
  #epochOf({ epoch, life, offers }: State, by: number): string {
    if (epoch !== '') return epoch
    return this.#scenario.ownPositions ? `p${by}o${offers[by]}` : `e${life}`
  }

  #page(state: State, by: number, { after, limit }: Read) {
    const epoch = this.#epochOf(state, by)
    return pageAfter({ epoch, oldest: 0, newest: state.entries.length }, after, false, (from) => {
      const entries = state.entries
        .slice(from, from + limit)
        .map(({ type, data }, index): LogEntry => ({ type, data, cursor: toCursor(epoch, from + index + 1) }))
      return { entries, next: from + entries.length }
    })
  }

  /** Appends as every log does. */
  #apply(state: State, by: number, { entries, options }: Append): { to: State; outcome: string } {
    const { endless, timeless } = this.#scenario
    const epoch = this.#epochOf(state, by)
    const { length } = state.entries
    const answer = (outcome: string) => ({ to: state, outcome })
    if (state.entries.at(-1)?.type === END_EVENT && !endless) {
      return answer(isPlainEnd(entries, options) ? JSON.stringify([toCursor(epoch, length)]) : '!closed')
    }
    const after = options.after === undefined ? undefined : fromCursor(options.after)!
    const isOtherLife = (wanted: string | undefined) => wanted !== undefined && !timeless && wanted !== epoch
    if ((after !== undefined && after.sequence !== length) || isOtherLife(after?.epoch) || isOtherLife(options.epoch)) {
      return answer('!conflict')
    }
    const begins = state.epoch === ''
    const to = {
      ...state,
      epoch,
      offers: begins ? oneMore(state.offers, by) : state.offers,
      entries: [...state.entries, ...entries.map(({ type, data }) => ({ type, data }))],
    }
    return { to, outcome: JSON.stringify(entries.map((_, index) => toCursor(epoch, length + index + 1))) }
  }
}

function oneMore(counts: readonly number[], at: number): number[] {
  return counts.map((count, index) => (index === at ? count + 1 : count))
}

function errorOf(answer: string): EventwireError {
  const code = answer.slice(1)
  if (code === 'conflict') return conflict('append', 'a.0')
  return code === 'closed' ? ended('append') : new EventwireError('log-failed', 'timed out')
}

function nameOf({ entries }: Append): string {
  return entries.map(({ type, data }) => `${type} ${data}`).join(', ')
}
