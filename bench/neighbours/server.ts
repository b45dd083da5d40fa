// One contestant in a process of its own: it publishes at a pace and says when, or as fast as the event loop goes.
import { setTimeout as wait } from 'node:timers/promises'
import { contestants } from '../fanout/contestants.ts'

const PACE = 2
const A_TICK = 10

const contestant = await contestants[process.argv[2]!]!()
let published = 0

process.on('message', async ({ timed = 0, flood = 0 }: { timed?: number; flood?: number }) => {
  const times: number[] = []
  for (let count = 0; count < timed; count++) {
    await wait(PACE)
    times.push(Number(process.hrtime.bigint()))
    contestant.publish(published++)
  }
  for (let count = 0; count < flood; count++) {
    contestant.publish(published++)
    if (count % A_TICK === 0) await new Promise(setImmediate)
  }
  process.send!({ times })
})
process.on('disconnect', () => process.exit())
process.send!({ port: contestant.port, path: contestant.path })
