/** A process that follows a log. Reports when it does, and the latencies of the events. */
import { sqliteLog } from '../../src/server/log/sqlite/index.ts'
import { open } from './contestants.ts'

const [file, expected] = process.argv.slice(2)
const latencies: number[] = []
const log = sqliteLog({ database: open(file!, 'NORMAL'), key: 'bench' })
log.follow(
  (entries) => {
    for (const { data } of entries) latencies.push(Number(process.hrtime.bigint() - BigInt(data)) / 1e6)
    if (latencies.length !== Number(expected)) return
    latencies.sort((a, b) => a - b)
    process.send!({ median: latencies[latencies.length >> 1], p99: latencies[Math.floor(latencies.length * 0.99)] })
  },
  () => {
    throw new Error('lost')
  },
)
process.on('disconnect', () => process.exit())
process.send!('ready')
