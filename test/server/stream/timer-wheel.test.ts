// A wheel visits everybody in time with one timer, whatever its visits do to each other.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Visited, Wheel, wheelFor } from '../../../src/server/stream/timer-wheel.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

function visitor(visit: () => number): Visited {
  return { previous: undefined, next: undefined, visit }
}

describe('a wheel', () => {
  it('comes again when it was told to, at the latest after one turn', () => {
    const wheel = new Wheel(10)
    const times: number[] = []
    const answers = [3, 1, 40, 0]
    wheel.add(
      visitor(() => {
        times.push(wheel.now)
        return answers.shift()!
      }),
      2,
    )
    vi.advanceTimersByTime(1_000)
    expect(times).toEqual([2, 5, 6, 21])
  })

  it('visits those who are left when a visit removes others of its slot', () => {
    const wheel = new Wheel(10)
    const visited: string[] = []
    const places = ['a', 'b', 'c', 'd'].map(
      (name): Visited =>
        visitor(() => {
          visited.push(name)
          if (name === 'a') wheel.remove(places[1]!)
          if (name === 'c') wheel.remove(places[0]!)
          return 0
        }),
    )
    for (const place of places) wheel.add(place, 4)
    vi.advanceTimersByTime(100)
    expect(visited).toEqual(['a', 'c', 'd'])
  })

  it('takes back who removes itself and answers a time all the same', () => {
    const wheel = new Wheel(10)
    let visits = 0
    const place = visitor(() => {
      visits++
      wheel.remove(place)
      return 5
    })
    wheel.add(place, 1)
    vi.advanceTimersByTime(1_000)
    expect(visits).toBe(1)
  })

  it('is shared by all with the same interval, and forgotten with the last of them', () => {
    const place = visitor(() => 1)
    const wheel = wheelFor(160)
    wheel.add(place, 1)
    expect(wheelFor(160)).toBe(wheel)
    wheel.remove(place)
    wheel.remove(place)
    expect(wheelFor(160)).not.toBe(wheel)
  })
})
