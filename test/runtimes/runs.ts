import assert from 'node:assert/strict'
import type { Check } from './suite.ts'

/** `eventwire/runs` does the same inside every engine: the runs of runs.js. */
export const runsCheck: Check = {
  name: 'runs that are done, stopped, failed and lost',
  async run({ port }) {
    const answer = await fetch(`http://127.0.0.1:${port}/runs`, { headers: { connection: 'close' } })
    assert.deepEqual(await answer.json(), {
      unknown: [404, 'none'],
      started: [true, false],
      done: [['one', 'two', 'three'], ['two', 'three'], 'done'],
      stop: [{ stopping: true }, ['one'], 'stopped', { stopping: false }],
      failed: [['one', 'failed'], 'failed'],
      lost: ['lost'],
    })
  },
}
