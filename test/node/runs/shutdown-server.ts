/** A server with one run in a SQLite file that ends by SIGTERM, as its deadline says. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DatabaseSync } from 'node:sqlite'
import { sqliteLog } from '../../../src/server/log/sqlite/index.ts'
import { respond } from '../../../src/server/node/index.ts'
import { createRuns } from '../../../src/server/runs/index.ts'

const [file, deadline] = process.argv.slice(2)
const database = new DatabaseSync(file!)
database.exec('PRAGMA journal_mode = WAL')

const runs = createRuns<{ token: number; lost: undefined }>({
  log: (key) => sqliteLog({ database, key }),
  lost: { type: 'lost' },
  async *run({ signal }) {
    for (let n = 0; n < 20; n++) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      signal.throwIfAborted()
      yield { type: 'token', data: n }
    }
  },
})

const server = createServer((req, res) => void respond(runs, '1', req, res))
server.listen(0, '127.0.0.1', async () => {
  await runs.start('1')
  console.log(`port ${(server.address() as AddressInfo).port}`)
})

process.once('SIGTERM', async () => {
  server.close()
  await runs.close({ deadline: Number(deadline), retry: 50 })
  console.log('closed')
})
