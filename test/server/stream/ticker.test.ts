// A ticker runs every task in time with one timer, whatever the tasks do to each other.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Ticker, type TickerTask, tickerFor } from '../../../src/server/stream/ticker.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

function taskOf(onTick: () => number): TickerTask {
  return { due: 0, onTick }
}

describe('a ticker', () => {
  it('comes again when it was told to, at the latest after one turn', () => {
    const ticker = new Ticker(10)
    const times: number[] = []
    const answers = [3, 1, 40, 0]
    ticker.add(
      taskOf(() => {
        times.push(ticker.now)
        return answers.shift()!
      }),
      2,
    )
    vi.advanceTimersByTime(1_000)
    expect(times).toEqual([2, 5, 6, 21])
  })

  it('visits those who are left when a visit removes others of its tick', () => {
    const ticker = new Ticker(10)
    const visited: string[] = []
    const places = ['a', 'b', 'c', 'd'].map(
      (name): TickerTask =>
        taskOf(() => {
          visited.push(name)
          if (name === 'a') ticker.remove(places[1]!)
          if (name === 'c') ticker.remove(places[0]!)
          return 0
        }),
    )
    for (const place of places) ticker.add(place, 4)
    vi.advanceTimersByTime(100)
    expect(visited).toEqual(['a', 'c', 'd'])
  })

  it('takes back who removes itself and answers a time all the same', () => {
    const ticker = new Ticker(10)
    let visits = 0
    const place = taskOf(() => {
      visits++
      ticker.remove(place)
      return 5
    })
    ticker.add(place, 1)
    vi.advanceTimersByTime(1_000)
    expect(visits).toBe(1)
  })

  it('is shared by all with the same interval, and forgotten with the last of them', () => {
    const place = taskOf(() => 1)
    const ticker = tickerFor(160)
    ticker.add(place, 1)
    expect(tickerFor(160)).toBe(ticker)
    ticker.remove(place)
    ticker.remove(place)
    expect(tickerFor(160)).not.toBe(ticker)
  })
})
