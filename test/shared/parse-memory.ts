/** The child process of the memory test: `node --expose-gc parse-memory.ts '[first, unit, chunkSize]'`. */
import { createParser } from '../../src/shared/wire/parse.ts'

const [first, unit, chunkSize] = JSON.parse(process.argv[2]!) as [string, string, number]
const limit = 4 * 1024 * 1024
const encoder = new TextEncoder()
const endless = encoder.encode(unit.repeat(Math.ceil((2 * chunkSize) / unit.length)))
const unitSize = encoder.encode(unit).length

/** The least of several looks: an engine may hold on to what it has just worked with. */
async function used(): Promise<number> {
  let least = Infinity
  for (let look = 0; look < 10; look++) {
    await new Promise(setImmediate)
    globalThis.gc!()
    const { heapUsed, external } = process.memoryUsage()
    least = Math.min(least, heapUsed + external)
  }
  return least
}

/** Feeds a new parser with less than the limit, each chunk with memory of its own, as those of a network have. */
function begin() {
  const parser = createParser({ onMessage: () => {}, maxEventSize: limit })
  parser.feed(encoder.encode(first))
  let at = 0
  const feedOne = () => {
    const chunk = endless.slice(at, at + chunkSize)
    at = (at + chunk.length) % unitSize
    parser.feed(chunk)
  }
  for (let fed = 0; fed < limit * 0.95; fed += chunkSize) feedOne()
  return { parser, feedOne }
}

begin()
const before = await used()

const { parser, feedOne } = begin()
const held = (await used()) - before
parser.feed(encoder.encode('\n\n'))
const finished = (await used()) - before

const tooMuch = begin()
let code: unknown
try {
  for (let more = 0; more < limit; more += chunkSize) tooMuch.feedOne()
} catch (error) {
  code = (error as { code: unknown }).code
}
const refused = (await used()) - before
feedOne() // both parsers are still in use
tooMuch.parser.feed(new Uint8Array(1))
console.log(JSON.stringify({ limit, held, finished, refused, code }))
