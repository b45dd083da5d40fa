// Control information over Redis is on the wire byte by byte as with any other log.
import { afterEach, describe, inject } from 'vitest'
import type { EventLog } from '../../src/server/index.ts'
import { redisLog } from '../../src/server/log/redis/index.ts'
import { controlFormTests, openOnFetch } from '../server/channel/control-forms.ts'
import { A_MINUTE, clients, newKey } from './clients.ts'

const url = inject('redisUrl')

describe.skipIf(url === undefined).each(Object.entries(clients))('over Redis, with %s', (_, connect) => {
  const logs: EventLog[] = []
  afterEach(async () => {
    for (const log of logs.splice(0)) await log.close()
  })
  const newLog = () => {
    const log = redisLog({ client: connect(url!), key: newKey(), expireAfter: A_MINUTE })
    logs.push(log)
    return log
  }
  controlFormTests(newLog, openOnFetch)
})
