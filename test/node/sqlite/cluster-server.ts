/** Four processes that share a port and a database file, each with a channel over it that publishes until a message stops it. */
import cluster, { type Worker } from 'node:cluster'
import { createServer } from 'node:http'
import { DatabaseSync } from 'node:sqlite'
import { createChannel } from '../../../src/server/index.ts'
import { sqliteLog } from '../../../src/server/log/sqlite/index.ts'
import { createStream } from '../../../src/server/node/index.ts'

const WORKERS = 4
/** Milliseconds between two events of a worker. */
const PACE = 10

interface Events {
  note: { by: number; n: number }
}

const [file, port] = process.argv.slice(2)
if (cluster.isPrimary) lead()
else serve()

function lead(): void {
  const serving: Worker[] = []
  let quiet = false
  const begin = () => {
    const worker = cluster.fork()
    worker.on('message', (message) => process.send!(message))
    worker.on('listening', () => {
      serving.push(worker)
      if (quiet) worker.send('quiet')
      process.send!({ serving: serving.length })
    })
    worker.on('exit', () => {
      if (process.connected) begin()
    })
  }
  for (let n = 0; n < WORKERS; n++) begin()
  process.on('message', (message) => {
    if (message === 'quiet') {
      quiet = true
      for (const worker of serving) worker.send('quiet')
    } else {
      const [worker] = serving.splice(Math.floor(Math.random() * serving.length), 1)
      worker!.process.kill('SIGKILL')
    }
  })
  process.on('disconnect', () => {
    for (const worker of Object.values(cluster.workers!)) worker!.process.kill('SIGKILL')
    process.exit()
  })
}

function serve(): void {
  const database = new DatabaseSync(file!)
  database.exec(
    'PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 0',
  )
  const channel = createChannel<Events>({ log: sqliteLog({ database, key: 'notes' }) })
  let n = 0
  const timer = setInterval(async () => {
    const payload = { by: process.pid, n: ++n }
    const cursor = await channel.publish('note', payload)
    process.send!({ cursor, data: JSON.stringify(payload) })
  }, PACE)
  process.on('message', () => {
    clearInterval(timer)
    process.send!({ quiet: process.pid })
  })
  const server = createServer((request, response) => {
    channel.subscribe(createStream<Events>(request, response))
  })
  server.listen(Number(port), '127.0.0.1')
}
