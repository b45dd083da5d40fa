// One contestant in a process of its own: it publishes on request, and says what that cost for each delivery.
import type { AddressInfo, Socket } from 'node:net'
import { contestants } from './contestants.ts'
import { KINDS } from './payload.ts'

const { server, publish } = contestants[process.argv[2]!]!()
const payload = KINDS[process.argv[3]!]!
const sockets = new Set<Socket>()
let published = 0

server.on('connection', (socket) => {
  sockets.add(socket)
  socket.on('close', () => sockets.delete(socket))
})

const isIdle = () => [...sockets].every(({ writableLength }) => writableLength === 0)
const written = () => [...sockets].reduce((sum, { bytesWritten }) => sum + bytesWritten, 0)
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/**
 * Each event has a tick of its own. Compressors work in other threads: an event is done when the client that is served last has it. One socket is
 * looked at, because looking costs.
 */
async function untilLast(socket: Socket, before: number): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  while (socket.bytesWritten === before) await pause(1)
}

/** Waits until nothing more comes. */
async function untilQuiet(): Promise<void> {
  for (let [last, now] = [-1, written()]; last !== now || !isIdle(); last = now, now = written()) await pause(20)
}

process.on('message', async (events: number) => {
  if (events === 0) {
    globalThis.gc!()
    process.send!({ rss: process.memoryUsage().rss })
    return
  }
  const last = [...sockets].at(-1)!
  const [bytes, cpu] = [written(), process.cpuUsage()]
  for (let count = 0; count < events; count++) {
    const before = last.bytesWritten
    publish(payload(published), published++)
    await untilLast(last, before)
  }
  await untilQuiet()
  const { user, system } = process.cpuUsage(cpu)
  process.send!({ cpu: user + system, bytes: written() - bytes })
})
process.on('disconnect', () => process.exit())
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  process.send!({ port: (server.address() as AddressInfo).port })
})
