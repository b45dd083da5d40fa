/** The process of one contestant: does the passes that the harness asks for and reports its CPU time. */
import type { Contest } from './harness.ts'

const [file, contestant, group, cell] = process.argv.slice(2)
const { contest } = (await import(file!)) as { contest: Contest }
const pass = await contest.prepare(contestant!, group!, cell!)

process.on('message', async ({ seconds, expected }: { seconds: number; expected: number }) => {
  let events = 0
  let count = 0
  let spent = 0
  const started = process.cpuUsage()
  do {
    const result = pass()
    const delivered = typeof result === 'number' ? result : await result
    if (delivered !== expected)
      throw new Error(`${contestant} delivered ${delivered} of ${expected} events on ${group}/${cell}`)
    events += delivered
    count++
    const { user, system } = process.cpuUsage(started)
    spent = (user + system) / 1e6
  } while (spent < seconds)
  process.send!({ rate: events / spent, seconds: spent / count })
})
