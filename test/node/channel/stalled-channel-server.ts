// A channel in a process of its own that publishes 200 MB to many readers, one of which has stopped reading. It reports the
// memory that it holds. Run by channel-memory.test.ts.
import { createServer } from 'node:http'
import { createChannel, memoryLog } from '../../../src/server/index.ts'
import { createStream, type EventWriter } from '../../../src/server/node/index.ts'
import { held } from '../held.ts'

const [, , publishBytes, readers, size] = process.argv.map(Number)
const pad = 'x'.repeat(size!)
interface Events {
  note: { n: number; pad: string }
}

const log = memoryLog({ maxBytes: 4 * 1024 * 1024 })
const channel = createChannel<Events>({ log })
const others: EventWriter<Events>[] = []
let n = 0

const server = createServer((request, response) => {
  const stream = createStream<Events>(request, response, { stallTimeout: false })
  channel.subscribe(stream)
  if (request.url === '/stalls') {
    stream.closed.then((info) => process.send!({ left: info }))
  } else {
    others.push(stream)
    if (others.length === readers) process.send!({ all: true })
  }
}).listen(0, '127.0.0.1', () => process.send!({ port: (server.address() as { port: number }).port }))

interface Memory {
  /** Heap and buffers that are reachable, after a collection. */
  held: number
  /** Resident memory, which depends on how much the allocator gives back to the system. */
  resident: number
}

/** Publishes at the pace of those who read; answers the most memory on the way. */
async function publish(bytes: number): Promise<Memory> {
  const most: Memory = { held: 0, resident: 0 }
  for (let sent = 0; sent < bytes; sent += pad.length) {
    n++
    channel.publish('note', { n, pad })
    if ((n * size!) % 64_000 === 0) {
      await new Promise(setImmediate)
      for (const stream of others) {
        while (stream.buffered > 32_768) await new Promise(setImmediate)
      }
    }
    if (n % 1_000 === 0) {
      most.held = Math.max(most.held, held())
      most.resident = Math.max(most.resident, process.memoryUsage().rss)
    }
  }
  return most
}

process.on('message', async () => {
  process.send!({ ...(await publish(publishBytes!)), n })
})
