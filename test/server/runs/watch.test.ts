// A check of a producer reads everything behind the last entry that was seen, however much it is.
import { describe, expect, it } from 'vitest'
import { type EventLog, memoryLog } from '../../../src/server/index.ts'
import type { NewEntry } from '../../../src/server/log/event-log.ts'
import { BEAT_ENTRY, claimEntry, endEntry, STOP_ENTRY } from '../../../src/server/runs/entries.ts'
import { check, vigilAt } from '../../../src/server/runs/protocol.ts'
import { take } from '../../../src/server/runs/steps.ts'

const TOKEN: NewEntry = { type: 'token', data: '1' }
const many = (entry: NewEntry) => Array.from({ length: 300 }, () => entry)

async function checkBehind(entries: readonly NewEntry[], log: EventLog = memoryLog()) {
  const [head] = await log.append([claimEntry('a')])
  const vigil = vigilAt(head!, performance.now(), 60_000)
  await log.append(entries)
  const found = await take(check(vigil, 60_000, []), log, (cause) => {
    throw cause
  })
  return { found, isAtHead: vigil.head === (await log.read(undefined, 0)).newest }
}

describe('a check finds behind many entries', () => {
  it('the end', async () => {
    expect((await checkBehind([...many(TOKEN), endEntry('done')])).found).toBe('over')
  })

  it('a sign of life, and moves to the head', async () => {
    expect(await checkBehind(many(TOKEN))).toEqual({ found: 'alive', isAtHead: true })
    expect(await checkBehind([...many(STOP_ENTRY), BEAT_ENTRY])).toEqual({ found: 'alive', isAtHead: true })
  })

  it('no sign of life where all of them are stops', async () => {
    expect(await checkBehind(many(STOP_ENTRY))).toEqual({ found: 'silent', isAtHead: true })
  })

  it('the end where the log has trimmed what is before it', async () => {
    const entries = [...many(TOKEN), endEntry('done')]
    expect((await checkBehind(entries, memoryLog({ maxEvents: 200 }))).found).toBe('over')
  })
})
