// Ends every open stream before the process ends: npm run build && npx node examples/shutdown/server.ts, then Ctrl-C.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createStream, type EventWriter } from 'eventwire/node'

interface AppEvents {
  tick: { count: number }
}

/** Milliseconds over which the endings are spread: shorter than what your platform gives a process to end. */
const WINDOW = Number(process.env.WINDOW ?? 5_000)

const streams = new Set<EventWriter<AppEvents>>()
let draining = false
let count = 0

const server = createServer((request, response) => {
  const stream = createStream<AppEvents>(request, response)
  if (draining) {
    stream.close({ retry: laterRetry() })
    return
  }
  streams.add(stream)
  void stream.closed.then(() => streams.delete(stream))
})

const ticking = setInterval(() => {
  count++
  for (const stream of streams) stream.send('tick', { count })
}, 1_000)

/** Clients that lost their server at the same time must not all reconnect at the same time. */
function laterRetry(): number {
  return 1_000 + Math.floor(Math.random() * 9_000)
}

async function drain(): Promise<void> {
  draining = true
  server.close()
  await Promise.all(
    Array.from(streams, async (stream) => {
      await sleep(Math.random() * WINDOW)
      stream.close({ retry: laterRetry() })
    }),
  )
  clearInterval(ticking)
}

process.once('SIGTERM', drain)
process.once('SIGINT', drain)

server.listen(Number(process.env.PORT ?? 3000), () => {
  console.log(`http://localhost:${(server.address() as AddressInfo).port}`)
})
