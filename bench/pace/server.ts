// One contestant in a process of its own: while it is asked to, it publishes prices, each in a tick of its own, and says what that costs.
import type { AddressInfo } from 'node:net'
import { contestants, createServer } from './contestants.ts'

const [name, keys, rate] = [process.argv[2]!, Number(process.argv[3]), Number(process.argv[4])]
const { serve, publish } = contestants[name]!()
let published = 0

async function publishFor(duration: number): Promise<void> {
  const start = performance.now()
  const first = published
  for (let elapsed = 0; elapsed < duration; elapsed = performance.now() - start) {
    const due = first + Math.floor((elapsed / 1_000) * keys * rate)
    while (published < due && performance.now() - start < duration) {
      const n = published++
      publish({ key: `K${n % keys}`, amount: (n * 7_919) % 100_000, at: Date.now() })
      await new Promise((resolve) => setImmediate(resolve))
    }
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

/** The cost and the memory of some milliseconds. */
process.on('message', async (duration: number) => {
  const cpu = process.cpuUsage()
  await publishFor(duration)
  const { user, system } = process.cpuUsage(cpu)
  globalThis.gc!()
  process.send!({ cpu: (user + system) / duration, rss: process.memoryUsage().rss })
})
process.on('disconnect', () => process.exit())
const server = createServer(serve).listen({ port: 0, host: '127.0.0.1' }, () => {
  process.send!({ port: (server.address() as AddressInfo).port })
})
