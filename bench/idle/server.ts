// One contestant in a process of its own: it says what its connections have cost.
import { contestants } from './contestants.ts'

const { port, path } = await contestants[process.argv[2]!]!()

/** Collected twice: what the first finds unreachable, the second frees. */
function costs() {
  global.gc!()
  global.gc!()
  const { heapUsed, rss } = process.memoryUsage()
  const { user, system } = process.cpuUsage()
  return { heap: heapUsed, rss, cpu: user + system }
}

process.on('message', () => process.send!(costs()))
process.on('disconnect', () => process.exit())
process.send!({ port, path })
