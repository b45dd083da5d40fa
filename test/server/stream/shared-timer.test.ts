// A shared timer runs every task in time with one interval, whatever the tasks do to each other.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { SharedTimer, sharedTimerFor, type TimerTask } from '../../../src/server/stream/shared-timer.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

function task(run: () => number): TimerTask {
  return { dueAt: 0, index: -1, run }
}

describe('a shared timer', () => {
  it('runs a task again when the task says so, at the latest after one round', () => {
    const timer = new SharedTimer(10)
    const times: number[] = []
    const answers = [3, 1, 40, 0]
    timer.schedule(
      task(() => {
        times.push(timer.now)
        return answers.shift()!
      }),
      2,
    )
    vi.advanceTimersByTime(1_000)
    expect(times).toEqual([2, 5, 6, 21])
  })

  it('runs the tasks that are left when a task removes others of its tick', () => {
    const timer = new SharedTimer(10)
    const visited: string[] = []
    const places = ['a', 'b', 'c', 'd'].map(
      (name): TimerTask =>
        task(() => {
          visited.push(name)
          if (name === 'b') timer.remove(places[3]!) // has run
          if (name === 'c') timer.remove(places[0]!) // has not run yet
          return 0
        }),
    )
    for (const place of places) timer.schedule(place, 4)
    vi.advanceTimersByTime(100)
    expect(visited).toEqual(['d', 'c', 'b'])
  })

  it('does not bring back a task that removes itself and still returns a delay', () => {
    const timer = new SharedTimer(10)
    let visits = 0
    const place = task(() => {
      visits++
      timer.remove(place)
      return 5
    })
    timer.schedule(place, 1)
    vi.advanceTimersByTime(1_000)
    expect(visits).toBe(1)
  })

  it('keeps a task that schedules itself and returns 0', () => {
    const timer = new SharedTimer(10)
    const times: number[] = []
    const own = task(() => {
      times.push(timer.now)
      if (times.length === 1) timer.schedule(own, 3)
      return 0
    })
    timer.schedule(own, 1)
    vi.advanceTimersByTime(1_000)
    expect(times).toEqual([1, 4])
  })

  it('is shared by tasks with the same interval, and dropped with the last of them', () => {
    const place = task(() => 1)
    const timer = sharedTimerFor(160)
    timer.schedule(place, 1)
    expect(sharedTimerFor(160)).toBe(timer)
    timer.remove(place)
    timer.remove(place)
    expect(sharedTimerFor(160)).not.toBe(timer)
  })
})
