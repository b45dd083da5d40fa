// A server in a process of its own whose client stops reading; it reports its resident memory. Run by memory.test.ts.
import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import { createStream as createFetchStream } from '../../src/server/index.ts'
import { createStream as createNodeStream, type EventWriter } from '../../src/server/node/index.ts'
import { held } from './held.ts'

const [, , sink, caller] = process.argv
const EVENT = 'x'.repeat(1000)
const TOTAL = 200_000_000
/** For a client that reads: what the engine compiles and sets aside for so much traffic is there before. */
const WARM_UP = 20_000_000
const options = { stallTimeout: 1500 }
type Events = { message: string }

const server = createServer(async (req, res) => {
  req.resume()
  let stream: EventWriter<Events>
  if (sink === 'node') stream = createNodeStream<Events>(req, res, options)
  else {
    const fetchStream = createFetchStream<Events>(undefined, options)
    res.writeHead(200, Object.fromEntries(fetchStream.response.headers))
    Readable.fromWeb(fetchStream.response.body as never)
      .on('error', () => res.destroy())
      .pipe(res)
    stream = fetchStream
  }
  if (req.url === '/warm-up') {
    await give(stream, WARM_UP)
    return stream.close()
  }
  const heldBefore = held()
  const before = process.memoryUsage().rss
  let peak = before
  let heldAfter = 0
  // It is closed, and what waits for the client is still there.
  stream.signal.addEventListener('abort', () => {
    peak = Math.max(peak, process.memoryUsage().rss)
    heldAfter = held()
  })
  const sampling = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss)
  }, 5)
  const sent = await give(stream, TOTAL)
  const info = await stream.closed
  clearInterval(sampling)
  process.send!({ ...info, sent, growth: peak - before, held: heldAfter - heldBefore })
})

/** Sends in the caller's way, until the client leaves at the latest; a client that reads is waited for by all of them. */
async function give(stream: EventWriter<Events>, total: number): Promise<number> {
  let sent = 0
  if (caller === 'pipe') {
    await stream.pipe(
      (function* () {
        for (; sent < total; sent += EVENT.length) yield { type: 'message' as const, data: EVENT }
      })(),
    )
  }
  for (; sent < total && !stream.signal.aborted; sent += EVENT.length) {
    const room = stream.send('message', EVENT)
    if (!room && (caller === 'patient' || total === WARM_UP)) await stream.ready()
    // One that does not look at the answer, but does give the client a chance to read.
    if (caller === 'careless' && sent % 50_000 === 0) await new Promise(setImmediate)
  }
  return sent
}

server.listen(0, '127.0.0.1', () => process.send!({ port: (server.address() as { port: number }).port }))
