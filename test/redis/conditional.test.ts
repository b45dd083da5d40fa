// Several processes append to one log in Redis under conditions: of those after the same position one is taken.
import { createClient } from 'redis'
import { describe, expect, inject, it } from 'vitest'
import { redisLog } from '../../src/server/log/redis/index.ts'
import { appendTogether, checkClaims, readAll } from '../server/log/appending.ts'
import { A_MINUTE, newKey } from './clients.ts'

const url = inject('redisUrl')

describe.skipIf(url === undefined)('four processes', () => {
  it('append after the head, each of them, and none after a position where another was', async () => {
    const key = newKey()
    const conflicts = await appendTogether(4, 'redis', url!, key, 'claim', '250')
    const log = redisLog({ client: createClient({ url: url! }), key, expireAfter: A_MINUTE })
    const entries = await readAll(log)
    expect(entries).toHaveLength(4 * 250 * 2)
    checkClaims(entries[0]!.data, entries)
    expect(conflicts.reduce((sum, count) => sum + count)).toBeGreaterThan(0)
    await log.close()
  })
})
