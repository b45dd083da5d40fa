/**
 * A process that appends to a log which others append to as well. Arguments: `sqlite` and a file or `redis` and a URL; the key; then
 * - `claim` and how often: each entry names the one after which alone it was to be appended;
 * - `publish` and how many: in batches, each entry with its number.
 */
import { DatabaseSync } from 'node:sqlite'
import { createClient } from 'redis'
import type { EventLog } from '../../../src/server/log/event-log.ts'
import { redisLog } from '../../../src/server/log/redis/index.ts'
import { sqliteLog } from '../../../src/server/log/sqlite/index.ts'

const [kind, where, key, what, amount] = process.argv.slice(2) as [string, string, string, string, string]
const BATCH = 500
const MOST_TRIES = 100_000

const log = open()
process.once('message', async () => {
  const conflicts = what === 'claim' ? await claim(Number(amount)) : await publish(Number(amount))
  process.send!({ conflicts })
  await log.close()
  process.disconnect()
})
process.send!('ready')

function open(): EventLog {
  if (kind === 'redis') return redisLog({ client: createClient({ url: where }), key, expireAfter: 60_000 })
  const database = new DatabaseSync(where)
  database.exec(
    'PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 0',
  )
  return sqliteLog({ database, key, maxEvents: 1_000_000, maxBytes: 1_000_000_000 })
}

async function claim(times: number): Promise<number> {
  let [won, conflicts] = [0, 0]
  while (won < times && conflicts < MOST_TRIES) {
    const { newest: after } = await log.read(undefined, 0)
    try {
      await log.append(
        [
          { type: 'claim', data: after },
          { type: 'note', data: `${process.pid}` },
        ],
        { after },
      )
      won++
    } catch (error) {
      if ((error as { code?: string }).code !== 'conflict') throw error
      conflicts++
    }
  }
  return conflicts
}

async function publish(count: number): Promise<number> {
  for (let from = 0; from < count; from += BATCH) {
    const batch = Array.from({ length: BATCH }, (_, n) => ({ type: 'note', data: `${process.pid} ${from + n}` }))
    await log.append(batch)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return 0
}
