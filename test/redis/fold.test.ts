// Whoever joins, leaves and returns while two processes publish over one Redis: each client's state is the server's.
import * as fc from 'fast-check'
import { describe, inject, it } from 'vitest'
import { redisLog } from '../../src/server/log/redis/index.ts'
import { playOut, steps } from '../server/channel/folded-clients.ts'
import { A_MINUTE, clients, newKey } from './clients.ts'

const url = inject('redisUrl')

describe.skipIf(url === undefined).each(Object.entries(clients))('a fold over Redis, with %s', (_, connect) => {
  it('is equal on every client and both processes', async () => {
    const property = fc.asyncProperty(steps, async (all) => {
      const key = newKey()
      const logs = [1, 2].map(() => redisLog({ client: connect(url!), key, expireAfter: A_MINUTE }))
      await playOut(logs, all)
      for (const log of logs) await log.close()
    })
    await fc.assert(property, { numRuns: 30 })
  })
})
