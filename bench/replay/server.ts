// One contestant in a process of its own, with its history; it says how much CPU the process has used.
import { contestants, listen } from './contestants.ts'

const port = await listen(await contestants[process.argv[2]!]!(Number(process.argv[3])))

process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send!({ cpu: user + system })
})
process.on('disconnect', () => process.exit())
process.send!({ port })
