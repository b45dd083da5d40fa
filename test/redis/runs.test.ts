// Runs over Redis: what holds on the other logs, each machine with connections of its own.
import { createClient } from 'redis'
import { inject } from 'vitest'
import { redisLog } from '../../src/server/log/redis/index.ts'
import { runsSuite } from '../server/runs/suite.ts'

const url = inject('redisUrl')

if (url !== undefined) {
  let stores = 0
  runsSuite('Redis', () => {
    const store = `runs-${process.pid}-${stores++}`
    return () => {
      const client = createClient({ url })
      return (id) => redisLog({ client, key: `${store}/${id}`, expireAfter: 60_000 })
    }
  })
}
