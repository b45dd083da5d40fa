/** One of several processes that share runs over a Redis or a SQLite file, and serve them over HTTP until they are killed. */
import { appendFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DatabaseSync } from 'node:sqlite'
import { createClient } from 'redis'
import type { EventLog } from '../../../src/server/index.ts'
import { redisLog } from '../../../src/server/log/redis/index.ts'
import { sqliteLog } from '../../../src/server/log/sqlite/index.ts'
import { respond } from '../../../src/server/node/index.ts'
import { createRuns } from '../../../src/server/runs/index.ts'
import { Delays } from './delays.ts'

/** A reader has learned here that its run is lost. */
export interface Loss {
  readonly id: string
  /** The longest time in which the reader heard nothing of the producer, and neither the process nor its log was delayed. */
  readonly leases: number
  /** Whether there was a delay in between. */
  readonly isDelayed: boolean
}

interface Events {
  token: { by: string; n: number }
  lost: undefined
}

const [store, place, journal] = process.argv.slice(2) as [string, string, string]
const lease = Number(process.argv[5])
let calls = 0
const open = store === 'redis' ? overRedis(place) : inFile(place)
const delays = new Delays(lease, open)

const runs = createRuns<Events, { tokens: number; pause: number }>({
  log: delays.measured(open),
  lease,
  lost: { type: 'lost' },
  async *run({ id, input, signal }) {
    const by = `${process.pid}-${calls++}`
    appendFileSync(journal, `${id} ${by}\n`)
    for (let n = 0; n < input.tokens; n++) {
      await new Promise((resolve) => setTimeout(resolve, input.pause))
      signal.throwIfAborted()
      yield { type: 'token', data: { by, n } }
    }
  },
})

const server = createServer(async (req, res) => {
  const { pathname, searchParams } = new URL(req.url!, 'http://localhost')
  const id = pathname.slice(1)
  try {
    if (req.method === 'GET') await read(id, req, res)
    else if (req.method === 'DELETE') res.end(JSON.stringify(await runs.stop(id)))
    else if (req.method === 'HEAD') res.setHeader('X-Status', await runs.status(id)).end()
    else {
      const [tokens, pause] = ['tokens', 'pause'].map((name) => Number(searchParams.get(name))) as [number, number]
      res.end(JSON.stringify(await runs.start(id, { tokens, pause })))
    }
  } catch (error) {
    res.writeHead(503).end(String(error))
  }
})

/** Serves a run, and reports how long its reader has waited to learn that it is lost. */
async function read(id: string, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const connected = performance.now()
  const write = res.write.bind(res) as (...args: any[]) => boolean
  let isLost = false
  res.write = (chunk: any, ...rest: any[]) => {
    isLost ||= Buffer.from(chunk).includes('"how":"lost"')
    return write(chunk, ...rest)
  }
  res.once('close', () => {
    const { longest, isDelayed } = delays.silenceOf(id, connected)
    if (isLost) process.send!({ id, isDelayed, leases: longest / lease } satisfies Loss)
  })
  await respond(runs, id, req, res)
}

server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port))
process.on('disconnect', () => process.exit())

function overRedis(url: string): (id: string) => EventLog {
  const client = createClient({ url })
  return (id) => redisLog({ client, key: id, expireAfter: 300_000 })
}

function inFile(file: string): (id: string) => EventLog {
  const database = new DatabaseSync(file, { timeout: 5_000 })
  database.exec('PRAGMA journal_mode = WAL')
  return (id) => sqliteLog({ database, key: id })
}
