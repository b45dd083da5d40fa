// The reaper's clock: no living producer is reported lost, whatever freezes for however long, and each dead one is within two leases.
import { describe, expect, it } from 'vitest'
import { type Course, LEASE, play } from './clock.ts'

/** Units between two times that are tried. Every unit holds as well, in a minute. */
const STEP = 3
const upTo = (end: number, step = 1) => Array.from({ length: Math.ceil(end / step) }, (_, index) => index * step)

/** When the reaper begins, against the producer's beats, and which of the two comes first at one time. */
function* phases(): Generator<Course> {
  for (const reaper of upTo(LEASE / 3)) for (const first of ['producer', 'reaper'] as const) yield { reaper, first }
}

/** Everything that may stand still, at every time and for every length up to three leases. */
function* freezes(): Generator<Course> {
  for (const phase of phases()) {
    for (const from of upTo(LEASE, STEP)) {
      for (const length of upTo(3 * LEASE, STEP)) {
        for (const late of [true, false]) yield { ...phase, frozen: [from, length], late }
        yield { ...phase, asleep: [from, length] }
      }
    }
  }
}

/** The first course that comes to another end than it should. */
function faultIn(
  courses: Iterable<Course>,
  change: Course | object,
  isRight: (lostAt: number | undefined, course: Course, aliveAt: number) => boolean,
) {
  let count = 0
  for (const course of courses) {
    count++
    const whole = { ...course, ...change }
    const { lostAt, aliveAt } = play(whole, until(whole))
    if (!isRight(lostAt, whole, aliveAt)) return { count, fault: { ...whole, aliveAt, lostAt } }
  }
  return { count, fault: undefined }
}

/** Three leases after anything happens. */
const until = ({ dies = 0, reaper, frozen = [0, 0], asleep = [0, 0], stops = [0] }: Course) =>
  Math.max(dies, reaper, frozen[0] + frozen[1], asleep[0] + asleep[1], ...stops) + 3 * LEASE

const lives = (lostAt: number | undefined) => lostAt === undefined
/** After a lease, and within so many, since its last entry and since somebody looks. */
const isReportedWithin =
  (leases: number) =>
  (lostAt: number | undefined, { reaper }: Course, aliveAt: number) =>
    lostAt !== undefined && lostAt >= aliveAt + LEASE && lostAt <= Math.max(aliveAt, reaper) + leases * LEASE
const isReported = isReportedWithin(2)

function* deaths(): Generator<Course> {
  for (const phase of phases()) for (const dies of upTo(2 * LEASE, STEP)) yield { ...phase, dies }
}

/** Timers and answers that are late, each time, as far as a process still counts as prompt. */
function* late(courses: Iterable<Course>): Generator<Course> {
  for (const course of courses) {
    for (const timer of upTo(LEASE / 6 + 1)) {
      for (const answer of upTo(LEASE / 6 + 1 - timer)) yield { ...course, delays: [timer, answer] }
    }
  }
}

function* pressed(): Generator<Course> {
  for (const death of deaths()) for (const at of upTo(4 * LEASE, STEP)) yield { ...death, stops: [at] }
}

describe('the clock of a reaper', () => {
  it('never reports a living producer as lost, whatever stands still for however long', () => {
    const { count, fault } = faultIn(freezes(), {}, lives)
    expect(fault).toBeUndefined()
    expect(count).toBeGreaterThan(9_000)
  })

  it('reports a dead one within one and a quarter, and half a lease later if everything is late', () => {
    const { count, fault } = faultIn(deaths(), {}, isReportedWithin(1.25))
    expect(fault).toBeUndefined()
    expect(count).toBeGreaterThan(200)
    const prompt = faultIn(late(deaths()), {}, isReportedWithin(1.6))
    expect(prompt.fault).toBeUndefined()
    expect(prompt.count).toBeGreaterThan(3_000)
  })

  it('never reports a living producer, however late timers and answers are', () => {
    const { fault } = faultIn(late(phases()), {}, lives)
    expect(fault).toBeUndefined()
  })

  it('does so however often stop is asked for', () => {
    const { count, fault } = faultIn(pressed(), {}, isReported)
    expect(fault).toBeUndefined()
    expect(count).toBeGreaterThan(7_000)
  })

  it('reports a dead one after the log was frozen, too', () => {
    const { fault } = faultIn(freezes(), { dies: LEASE / 2 }, (lostAt) => lostAt !== undefined)
    expect(fault).toBeUndefined()
  })

  it('reports late if stop is taken for a sign of life', () => {
    expect(faultIn(pressed(), { without: 'stop is not a sign of life' }, isReported).fault).toMatchObject({
      stops: [expect.any(Number)],
    })
  })

  it('reports the living if it goes on while the log is frozen', () => {
    expect(faultIn(freezes(), { without: 'the clock starts anew' }, lives).fault).toMatchObject({
      frozen: [expect.any(Number), expect.any(Number)],
      lostAt: expect.any(Number),
    })
  })
})
