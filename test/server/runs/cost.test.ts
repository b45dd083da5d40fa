// A run that is idle has one timer, and one that has ended has none.
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createRuns } from '../../../src/server/runs/index.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const idle = async function* ({ signal }: { signal: AbortSignal }) {
  await new Promise((resolve) => signal.addEventListener('abort', resolve))
  yield* [] as { type: string }[]
}

it('an idle run has one timer, which is gone with it', async () => {
  const runs = createRuns({ run: idle, keep: 1_000 })
  for (const [index, id] of ['1', '2', '3'].entries()) {
    await runs.start(id)
    expect(vi.getTimerCount()).toBe(index + 1)
  }
  await vi.advanceTimersByTimeAsync(60_000)
  expect(vi.getTimerCount()).toBe(3)
  for (const id of ['1', '2', '3']) await runs.stop(id)
  await vi.advanceTimersByTimeAsync(0)
  // Each is kept for a while.
  expect(vi.getTimerCount()).toBe(3)
  await vi.advanceTimersByTimeAsync(1_000)
  expect([vi.getTimerCount(), await runs.status('1')]).toEqual([0, 'none'])
})
