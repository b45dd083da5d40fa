// One contestant in a process of its own: it publishes on request, and says what that cost for each delivery.
import type { AddressInfo, Socket } from 'node:net'
import { contestants } from './contestants.ts'
import { payload } from './payload.ts'

const { server, publish } = contestants[process.argv[2]!]!()
const size = Number(process.argv[3])
const sockets = new Set<Socket>()
let published = 0

server.on('connection', (socket) => {
  sockets.add(socket)
  socket.on('close', () => sockets.delete(socket))
})

const isIdle = () => [...sockets].every(({ writableLength }) => writableLength === 0)
const written = () => [...sockets].reduce((sum, { bytesWritten }) => sum + bytesWritten, 0)

/** Compressors work in other threads: an event is done when its bytes have left and no more come. */
async function settle(before: number): Promise<void> {
  for (let last = before, same = 0; same < 3; ) {
    await new Promise((resolve) => setImmediate(resolve))
    const now = written()
    same = now > before && now === last && isIdle() ? same + 1 : 0
    last = now
  }
}

process.on('message', async (events: number) => {
  if (events === 0) {
    globalThis.gc!()
    process.send!({ rss: process.memoryUsage().rss })
    return
  }
  const [bytes, cpu] = [written(), process.cpuUsage()]
  for (let count = 0; count < events; count++) {
    const before = written()
    publish(payload(published, size), published++)
    await settle(before)
  }
  const { user, system } = process.cpuUsage(cpu)
  process.send!({ cpu: user + system, bytes: written() - bytes })
})
process.on('disconnect', () => process.exit())
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  process.send!({ port: (server.address() as AddressInfo).port })
})
