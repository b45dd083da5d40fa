// A history in a process of its own, filled with more than it keeps; it says how much it keeps and what that takes.
import { createChannel, fromCursor, memoryLog, type Page } from '../../src/server/index.ts'

const size = Number(process.argv[2])
/** Events of more bytes than the default log keeps. */
const PUBLISHED = Math.ceil(40_000_000 / (size + 30))
const payload = (n: number) => ({ n, text: 'x'.repeat(size - 22) })

/** Heap and buffers that are in use, once collections free nothing more. Buffers are freed some time after a collection. */
async function used(): Promise<number> {
  let bytes = Infinity
  for (let count = 0; count < 20; count++) {
    gc!()
    await new Promise((resolve) => setTimeout(resolve, 10))
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    if (count > 5 && bytes - (heapUsed + arrayBuffers) < 1_000) break
    bytes = heapUsed + arrayBuffers
  }
  return bytes
}

async function fill(log = memoryLog(), count = PUBLISHED) {
  const channel = createChannel({ log })
  for (let n = 0; n < count; n++) {
    channel.publish('note', payload(n))
    if (n % 100 === 0) await new Promise(setImmediate)
  }
  return { channel, log }
}

// The first one is for what the engine makes once.
await fill(memoryLog({ maxEvents: 10 }), 10_000)
const before = await used()
const { channel, log } = await fill()
const bytes = (await used()) - before
const { oldest, newest } = (await log.read(undefined, 0)) as Page
const kept = fromCursor(newest)!.sequence - fromCursor(oldest)!.sequence
const frame = `event: note\nid: ${newest}\ndata: ${JSON.stringify(payload(PUBLISHED))}\n\n`
process.send!({ kept, bytes, wire: Buffer.byteLength(frame), open: channel.size })
process.on('disconnect', () => process.exit())
