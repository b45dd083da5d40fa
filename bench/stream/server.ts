// One contestant in a process of its own: it sends events on request and reports the cost.
import { contestants } from './contestants.ts'

const contestant = await contestants[process.argv[2]!]!()
let before: NodeJS.CpuUsage | undefined

process.on('message', async (message: number | 'received') => {
  if (message === 'received') {
    const { user, system } = process.cpuUsage(before)
    process.send!({ cpu: user + system })
  } else {
    before = process.cpuUsage()
    await contestant.send(message)
  }
})
process.on('disconnect', () => process.exit())
process.send!({ port: contestant.port, path: contestant.path })
