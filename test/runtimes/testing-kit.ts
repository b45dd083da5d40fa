import assert from 'node:assert/strict'
import type { Check } from './suite.ts'

/** `eventwire/testing` does the same inside every engine: the parts of testing-kit.js. */
export const kitCheck: Check = {
  name: 'both ends of the wire in the hands of a test',
  async run({ engine, port }) {
    const answer = await fetch(`http://127.0.0.1:${port}/testing-kit`, { headers: { connection: 'close' } })
    assert.deepEqual(await answer.json(), {
      collect: [[{ type: 'message', data: 'welcome', id: '' }], 'client'],
      resume: ['one', 'two'],
      stall: 'stalled',
      slow: [20, true],
      reconnect: ['k', { time: '12:00' }, '7', 'client'],
      refuse: ['fatal', 401, 'who are you?'],
      fetches: ['GET', 'GET', 'POSTc', 'POST elsewhere'],
      many: [100, 50],
      listens: engine.runtime === 'workerd' ? 'nowhere' : ['hello', '7', 'client'],
      finish: [['last'], 'server'],
      pollChannel: ['snapshot', 'event 1', 'event 2', 'event 3', 'final'],
      miss: ['idle', 'client'],
      timers: [['tick 10', 'nested 15', 'later 20', 'tick 20'], 1_020, '1970-01-01T00:16:41.020Z', true, 0, true],
      beat: [['heartbeat=15000', '', ''], 0, true],
      wait: ['waiting', 2, 0, true],
      forget: ['young', 0, true],
      cut: ['stalled', 0, true],
    })
  },
}
