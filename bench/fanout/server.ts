// One contestant in a process of its own: it publishes on request and reports the cost.
import type { Contestant, Order } from './protocol.ts'

const [name, file] = process.argv.slice(2)
const { contestants } = (await import(file!)) as { contestants: Record<string, () => Promise<Contestant>> }
const contestant = await contestants[name!]!()
let published = 0
let before: NodeJS.CpuUsage | undefined

process.on('message', async (message: Order | 'size' | 'received') => {
  if (message === 'size') {
    process.send!({ size: contestant.size() })
  } else if (message === 'received') {
    const { user, system } = process.cpuUsage(before)
    process.send!({ cpu: user + system, rss: process.memoryUsage().rss })
  } else {
    before = process.cpuUsage()
    for (let count = 0; count < message.publish; count += message.aTick) {
      for (let index = 0; index < message.aTick; index++) contestant.publish(published++)
      await new Promise(setImmediate)
    }
  }
})
process.on('disconnect', () => process.exit())
process.send!({ port: contestant.port, path: contestant.path })
