/** One of several server processes of a test: streams of one channel over HTTP, and a publisher that runs until a request stops it. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createClient } from 'redis'
import { createChannel } from '../../src/server/index.ts'
import { redisLog } from '../../src/server/log/redis/index.ts'
import { createStream } from '../../src/server/node/index.ts'

interface Events {
  note: { by: number; n: number }
}

const [url, key, port] = process.argv.slice(2)
const log = redisLog({ client: createClient({ url: url! }), key: key!, expireAfter: 60_000 })
const channel = createChannel<Events>({ log })
const server = createServer((request, response) => {
  channel.subscribe(createStream<Events>(request, response))
})
let stopped = false

server.listen(Number(port), '127.0.0.1', () => {
  process.send!({ port: (server.address() as AddressInfo).port })
  publishAll()
})
process.on('message', () => {
  stopped = true
})
process.on('disconnect', () => process.exit())

async function publishAll(): Promise<void> {
  let last = ''
  for (let n = 1; !stopped && n < 100_000; n++) {
    last = await channel.publish('note', { by: process.pid, n })
    await new Promise((resolve) => setImmediate(resolve))
  }
  process.send!({ last })
}
