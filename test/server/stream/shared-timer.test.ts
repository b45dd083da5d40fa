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

function task(onTick: (now: number) => void): TimerTask {
  return { index: -1, onTick }
}

describe('a shared timer', () => {
  it('runs a task at every tick until the task is removed', () => {
    const timer = new SharedTimer(10)
    const times: number[] = []
    const own = task((now) => {
      times.push(now)
      if (now === 3) timer.remove(own)
    })
    timer.add(own)
    vi.advanceTimersByTime(1_000)
    expect(times).toEqual([1, 2, 3])
  })

  it('runs the tasks that are left when a task removes others of its tick', () => {
    const timer = new SharedTimer(10)
    const visited: string[] = []
    const tasks = ['a', 'b', 'c', 'd'].map(
      (name): TimerTask =>
        task(() => {
          visited.push(name)
          if (name === 'b') timer.remove(tasks[3]!) // has run
          if (name === 'c') timer.remove(tasks[0]!) // has not run yet
        }),
    )
    for (const each of tasks) timer.add(each)
    vi.advanceTimersByTime(10)
    // The last task fills the hole and may run again.
    expect(visited).toEqual(['d', 'c', 'b', 'c'])
    vi.advanceTimersByTime(10)
    expect(visited.slice(4).sort()).toEqual(['b', 'c'])
    for (const each of tasks) timer.remove(each)
  })

  it('runs a task that a task adds from the next tick on', () => {
    const timer = new SharedTimer(10)
    const times: number[] = []
    const added = task((now) => times.push(now))
    const first = task(() => {
      if (added.index < 0) timer.add(added)
    })
    timer.add(first)
    vi.advanceTimersByTime(30)
    expect(times).toEqual([2, 3])
    timer.remove(first)
    timer.remove(added)
  })

  it('is shared by tasks with the same interval, and dropped with the last of them', () => {
    const own = task(() => {})
    const timer = sharedTimerFor(160)
    timer.add(own)
    expect(sharedTimerFor(160)).toBe(timer)
    timer.remove(own)
    timer.remove(own)
    expect(sharedTimerFor(160)).not.toBe(timer)
  })
})
