// An MCP event store over Redis keeps what it promises over any log.
import { afterEach, describe, inject } from 'vitest'
import type { EventLog } from '../../src/server/index.ts'
import { redisLog } from '../../src/server/log/redis/index.ts'
import { eventStoreTests } from '../server/mcp/event-store-tests.ts'
import { A_MINUTE, clients, newKey } from './clients.ts'

const url = inject('redisUrl')

describe.skipIf(url === undefined).each(Object.entries(clients))('over Redis, with %s', (_, connect) => {
  const logs: EventLog[] = []
  afterEach(async () => {
    for (const log of logs.splice(0)) await log.close()
  })
  eventStoreTests((maxEvents = 65_536) => {
    const log = redisLog({ client: connect(url!), key: newKey(), expireAfter: A_MINUTE, maxEvents })
    logs.push(log)
    return log
  })
})
