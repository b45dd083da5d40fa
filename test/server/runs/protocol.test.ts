// The protocol of a run holds in every order of its processes' steps and with every fault; without any one of its rules it does not.
import { describe, expect, it } from 'vitest'
import type { AppendOptions, NewEntry } from '../../../src/server/log/event-log.ts'
import { fromCursor, toCursor } from '../../../src/server/log/position.ts'
import { CLAIM, endEntry, endOf, STOP } from '../../../src/server/runs/entries.ts'
import { claim, look, type Pen, report, stop, write } from '../../../src/server/runs/protocol.ts'
import type { Step, Steps } from '../../../src/server/runs/steps.ts'
import { END_EVENT } from '../../../src/shared/wire/names.ts'
import { callOf } from './calls.ts'
import { type Found, type Process, type Scenario, searchAll, type World } from './interleavings.ts'

const FAILED = { type: 'failed', data: '{}' }

/** Claims the run and writes two tokens, as a producer does. */
function starter(name: string, ends: 'done' | 'failed' | 'failed in two batches' = 'done'): Process {
  function* steps(memory: Record<string, unknown>): Steps<string> {
    const head = yield* claim(name)
    if (head === undefined) return 'joined'
    const pen: Pen = { head, stopped: false }
    memory.pen = pen
    // A stop may have come before the producer follows the log.
    if (!(yield* write(pen, []))) return 'fenced'
    for (const token of [1, 2]) {
      memory.token = token
      if (pen.stopped) break
      if (!(yield* write(pen, [{ type: 'token', data: `${name}${token}` }]))) return 'fenced'
    }
    const batches = pen.stopped
      ? [[endEntry('stopped')]]
      : ends === 'done'
        ? [[endEntry('done')]]
        : ends === 'failed'
          ? [[FAILED, endEntry('failed')]]
          : [[FAILED], [endEntry('failed')]]
    let isThere = true
    memory.batches = batches
    for (const batch of batches) isThere = yield* write(pen, batch)
    return isThere ? `ended in ${fromCursor(pen.head)!.epoch}` : 'fenced'
  }
  return { name, steps }
}

/** Presses stop twice. Each press says which life of the log it means: the one that it saw first. */
const stopper: Process = {
  name: 'stopper',
  *steps(memory) {
    const first = yield* press(memory)
    memory.first = first
    return `${first} ${yield* press(memory)}`
  },
}

const onePress: Process = {
  name: 'stopper',
  *steps(memory) {
    return `${yield* press(memory)}`
  },
}

function* press(memory: Record<string, unknown>): Steps<boolean> {
  delete memory.meant
  const steps = stop()
  let next = steps.next()
  while (!next.done) {
    const step: Step = next.value
    try {
      const meant = [{ type: STOP, data: `${memory.meant}` }]
      const isAppend = callOf(step).kind === 'append'
      const answer = yield isAppend
        ? (log, ...rest) => step({ ...log, append: (_, options) => log.append(meant, options) }, ...rest)
        : step
      if (answer.newest !== undefined) memory.meant ??= fromCursor(answer.newest)!.epoch
      next = steps.next(answer)
    } catch (error) {
      next = steps.throw(error)
    }
  }
  return next.value
}

/** Any process that has seen nothing for a lease. In this search every moment may be one. */
const reaper: Process = {
  name: 'reaper',
  *steps() {
    const last = yield* look()
    if (last === undefined || last.type === END_EVENT) return 'over'
    // Its farewell says which entry it saw last.
    return yield* report(last.cursor, [{ type: 'lost', data: last.cursor }])
  },
}

const labelOf = ({ type, data }: NewEntry) =>
  type === CLAIM ? 'claim' : type === STOP ? 'stop' : type === END_EVENT ? `end ${endOf({ data } as never)}` : type

/** Checks the conditions that a log must meet at every moment. */
function faultOf({ entries, epoch, results, isOver }: World): string | undefined {
  if (entries.length === 0) return undefined
  const [first, ...rest] = entries
  if (first!.type !== CLAIM) return 'something stands before the claim'
  const { owner } = JSON.parse(first!.data)
  const tokens = rest.filter(({ type }) => type === 'token').map(({ data }) => data)
  if (
    tokens.join() !==
    [1, 2]
      .slice(0, tokens.length)
      .map((token) => owner + token)
      .join()
  ) {
    return `the tokens of ${owner} are ${tokens}`
  }
  const labels = rest.map(labelOf).filter((label) => label !== 'token' && label !== 'stop')
  if (labels.includes('claim')) return 'there is a second claim'
  if (!WHOLE.has(labels.join())) return `the run ended as ${labels}`
  const end = entries.findIndex(({ type }) => type === END_EVENT)
  if (end !== -1 && end < entries.length - 1) return 'something stands behind the end'
  const lost = entries.findIndex(({ type }) => type === 'lost')
  if (lost !== -1 && entries[lost]!.data !== toCursor(epoch, lost)) return 'it is lost though its producer went on'
  if (rest.some(({ type, data }) => type === STOP && data !== epoch)) return 'there is a stop of another run'
  if (labels[0] === 'end done' && tokens.length < 2) return 'it is done, and tokens are missing'
  // A claim whose starter has given up is for whoever reaps it.
  if (isOver && end === -1 && !results.includes('threw log-failed')) return 'the run never ends'
  if (results.includes(`ended in ${epoch}`) && end === -1) return 'its producer believes that it has ended'
  return undefined
}

/** `failed` alone is a run that ends in two steps. */
const WHOLE = new Set(['', 'failed', 'end done', 'end stopped', 'failed,end failed', 'lost,end lost'])

const search = (scenario: Scenario): Found => searchAll(scenario, faultOf)

describe('the protocol', () => {
  const [a, b] = [starter('a'), starter('b')]

  it.each<[string, Scenario]>([
    ['two starters, a repeated stop and two reapers', { processes: [a, b, stopper, reaper, reaper] }],
    ['an append that timed out', { processes: [a, b, onePress, reaper], timeouts: 1 }],
    ['two appends that timed out', { processes: [a, stopper], timeouts: 2 }],
    ['three appends of starters that timed out', { processes: [a, b], timeouts: 3 }],
    ['a log that answers from memory', { processes: [a, b, onePress, reaper], lags: true }],
    ['such a log, and an append that timed out', { processes: [a, onePress, reaper], timeouts: 1, lags: true }],
    ['a log that forgets', { processes: [a, b, onePress, reaper], forgets: 1 }],
    ['a log that forgets, and an append that timed out', { processes: [a, stopper, reaper], forgets: 1, timeouts: 1 }],
    [
      'producers that fail, two reapers and an append that timed out',
      { processes: [starter('a', 'failed'), starter('b', 'failed'), reaper, reaper], timeouts: 1 },
    ],
    [
      'a log whose epoch is each process’s own while it is empty',
      { processes: [a, b, stopper, reaper], forgets: 1, ownPositions: true },
    ],
    [
      'that log, and an append that timed out',
      { processes: [a, b, reaper], forgets: 1, timeouts: 1, ownPositions: true },
    ],
  ])('holds with %s', (_, scenario) => {
    const { states, fault, path } = search(scenario)
    expect({ fault, path }).toEqual({ fault: undefined, path: [] })
    expect(states).toBeGreaterThan(1_000)
  })

  it.each<[string, Scenario, RegExp]>([
    [
      'the claim behind the empty head only',
      { processes: [a, b], tamper: on(CLAIM, () => ({})) },
      /there is a second claim|the tokens of/,
    ],
    [
      'the epoch of events, which fences a producer that the log has forgotten',
      { processes: [a, b], forgets: 1, timeless: true },
      /the tokens of|something stands before the claim/,
    ],
    [
      'the epoch of a stop, so that a late press cannot stop another run',
      { processes: [a, b, stopper], forgets: 1, tamper: on(STOP, () => ({})) },
      /stop of another run|something stands before the claim/,
    ],
    [
      'the exact position of events, so that a late append is not a second one',
      { processes: [a], timeouts: 1, tamper: on('token', ({ after }) => ({ epoch: fromCursor(after!)!.epoch })) },
      /the tokens of a are a1,a1/,
    ],
    [
      'the fence: nothing behind the end',
      { processes: [a, reaper, stopper], endless: true },
      /something stands behind the end|the run ended as/,
    ],
    [
      'the last cursor that the reaper saw',
      { processes: [a, reaper, reaper], tamper: on('lost', () => ({})) },
      /it is lost though its producer went on/,
    ],
    [
      'one batch for the failed event and the end',
      { processes: [starter('a', 'failed in two batches'), reaper] },
      /the run ended as failed,lost,end lost/,
    ],
  ])('does not hold without %s', (_, scenario, fault) => {
    const found = search(scenario)
    expect(found.fault).toMatch(fault)
    expect(found.path.length).toBeGreaterThan(0)
    // With the rule it does.
    const { tamper: _tamper, endless: _endless, timeless: _timeless, ...whole } = scenario
    const processes = whole.processes.map((process) => (process.name === 'a' ? a : process))
    expect(search({ ...whole, processes }).fault).toBeUndefined()
  })
})

/** Takes the conditions of appends of this type away, or changes them. */
function on(type: string, change: (options: AppendOptions) => AppendOptions): NonNullable<Scenario['tamper']> {
  return (append) => (append.entries[0]!.type === type ? { ...append, options: change(append.options) } : append)
}
