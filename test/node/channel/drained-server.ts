// A channel in a process of its own that drains on request, and then has nothing left to live for. Run by
// channel-drain.test.ts.
import { createServer } from 'node:http'
import { createChannel } from '../../../src/server/index.ts'
import { createStream } from '../../../src/server/node/index.ts'
import { watchLateness } from '../lateness.ts'

const late = watchLateness()
const [, , spread] = process.argv.map(Number)
const channel = createChannel<{ note: number }>()
process.on('unhandledRejection', (error) => {
  throw error
})

const server = createServer((request, response) => {
  channel.subscribe(createStream<{ note: number }>(request, response))
}).listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  process.send!({ port: (server.address() as { port: number }).port })
})

const told = () => new Promise((resolve) => process.once('message', resolve))

void told().then(async () => {
  const streams = channel.size
  const drained = channel.close({ spread: spread!, retry: { min: 2_000, max: 60_000 } })
  channel.publish('note', 1)
  process.send!({ streams, open: channel.size })
  // A connection that the process has not accepted yet would be reset, so the newcomer is served first.
  await Promise.all([told(), drained])
  process.send!({ late })
  server.close()
  process.disconnect()
})
