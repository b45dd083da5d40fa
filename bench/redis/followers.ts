/** A process with the given number of receivers. Reports when all have received all events, and the latencies. */
import { contestants } from './contestants.ts'

const [name, url, key, channels, events] = process.argv.slice(2)
const expected = Number(channels) * Number(events)
const latencies: number[] = []
let received = 0

for (let n = 0; n < Number(channels); n++) {
  await contestants[name!]!.follow(url!, key!, ({ at }) => {
    latencies.push(Number(process.hrtime.bigint() - BigInt(at)) / 1e6)
    received++
    if (received === expected) process.send!({ latencies: spread() })
  })
}
process.on('disconnect', () => process.exit())
process.send!('ready')

function spread(): { median: number; p99: number } {
  latencies.sort((a, b) => a - b)
  return { median: latencies[latencies.length >> 1]!, p99: latencies[Math.floor(latencies.length * 0.99)]! }
}
