// The log over Redis keeps the contract of every log, with each client that it takes.
import { describe, inject } from 'vitest'
import { redisLog } from '../../src/server/log/redis/index.ts'
import { describeEventLog } from '../server/log/log-contract.ts'
import { A_MINUTE, clients, newKey } from './clients.ts'

const url = inject('redisUrl')

describe.skipIf(url === undefined)('redisLog()', () => {
  for (const [name, connect] of Object.entries(clients)) {
    describeEventLog(`with ${name}`, {
      open: ({ maxEvents }) => redisLog({ client: connect(url!), key: newKey(), maxEvents, expireAfter: A_MINUTE }),
    })
  }
})
