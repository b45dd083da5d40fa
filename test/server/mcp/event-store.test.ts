// An MCP event store over a log replays the events of one stream behind any of them, or refuses.
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { memoryLog } from '../../../src/server/index.ts'
import { sqliteLog } from '../../../src/server/log/sqlite/index.ts'
import { createEventStore } from '../../../src/server/mcp/index.ts'
import { eventStoreTests } from './event-store-tests.ts'

describe('in memory', () => eventStoreTests((maxEvents = 65_536) => memoryLog({ maxEvents })))

describe('in SQLite', () => {
  eventStoreTests((maxEvents = 65_536) =>
    sqliteLog({ database: new DatabaseSync(':memory:'), key: 'mcp/session-1', maxEvents }),
  )
})

it.each([undefined, memoryLog, {}])('refuses %o as its log', (log) => {
  expect(() => createEventStore(log as never)).toThrow(
    expect.objectContaining({
      code: 'invalid-option',
      message: expect.stringMatching(/^log is .+; give memoryLog\(\) or another log$/s),
    }),
  )
})

it('survives a restart over a log that does', async () => {
  const database = new DatabaseSync(':memory:')
  const store = () => createEventStore<{ n: number }>(sqliteLog({ database, key: 'mcp/session-1' }))
  const first = await store().storeEvent('one', { n: 0 })
  const second = await store().storeEvent('one', { n: 1 })
  const sent: unknown[] = []
  await store().replayEventsAfter(first, { send: async (id, message) => void sent.push([id, message]) })
  expect(sent).toEqual([[second, { n: 1 }]])
})
