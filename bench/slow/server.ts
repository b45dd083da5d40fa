// One contestant in a process of its own, with a client that has stopped reading and one that goes on; it publishes 200 MB at the
// pace of the event loop and says how its resident memory grew.
import { contestants } from '../fanout/contestants.ts'

const TOTAL = 200_000_000
const EVENT = Number(process.env.EVENT_BYTES)
const A_TICK = 10

const contestant = await contestants[process.argv[2]!]!()

/** @returns the most resident memory on the way. */
async function publish(events: number): Promise<number> {
  let peak = 0
  for (let n = 0; n < events; ) {
    for (let count = 0; count < A_TICK; count++) contestant.publish(n++)
    await new Promise(setImmediate)
    if (n % Math.ceil(1_000_000 / EVENT) < A_TICK) peak = Math.max(peak, process.memoryUsage().rss)
  }
  return peak
}

process.on('message', async () => {
  process.send!({ peak: await publish(TOTAL / EVENT) })
})
process.on('disconnect', () => process.exit())
process.send!({ port: contestant.port, path: contestant.path })
