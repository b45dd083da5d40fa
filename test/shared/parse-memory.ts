/** The child process of the memory test: `node --expose-gc parse-memory.ts '[first, unit, chunkSize]'`. */
import { createParser } from '../../src/shared/parse.ts'

const [first, unit, chunkSize] = JSON.parse(process.argv[2]!) as [string, string, number]
const limit = 4 * 1024 * 1024
const encoder = new TextEncoder()
const endless = encoder.encode(unit.repeat(Math.ceil((2 * chunkSize) / unit.length)))
const unitSize = encoder.encode(unit).length

function used(): number {
  globalThis.gc!()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

const parser = createParser({ onMessage: () => {}, maxEventSize: limit })
parser.feed(encoder.encode(first))
let before = used()
for (let again = used(); again < before; again = used()) before = again // until what start-up left behind is gone
let at = 0
let fed = 0
/** Each chunk has its own memory, as those of a network have. */
function feedOne(): void {
  const chunk = endless.slice(at, at + chunkSize)
  at = (at + chunk.length) % unitSize
  fed += chunk.length
  parser.feed(chunk)
}
while (fed < limit * 0.95) feedOne()
const held = used() - before
let code: unknown
try {
  for (let more = 0; more < limit; more += chunkSize) feedOne()
} catch (error) {
  code = (error as { code: unknown }).code
}
console.log(JSON.stringify({ limit, held, left: used() - before, code }))
