// A server in a process of its own that reports what is left of the streams whose clients have gone. Run by churn.test.ts.
import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import { createStream as createFetchStream } from '../../src/server/index.ts'
import { createStream as createNodeStream, type EventWriter } from '../../src/server/node/index.ts'

const [, , sink] = process.argv
type Events = { message: string }

/** All streams listen to it, as they would to one that says that the process shuts down. */
const shutdown = new AbortController()
const streams: WeakRef<EventWriter<Events>>[] = []
const reasons: Record<string, number> = {}

const server = createServer((req, res) => {
  const options = { signal: shutdown.signal }
  let stream: EventWriter<Events>
  if (sink === 'node') stream = createNodeStream<Events>(req, res, options)
  else {
    const left = new AbortController()
    res.on('close', () => left.abort())
    const request = new Request('http://127.0.0.1/', { signal: left.signal })
    const fetchStream = createFetchStream<Events>(request, options)
    res.writeHead(200, { ...Object.fromEntries(fetchStream.response.headers), connection: 'close' })
    Readable.fromWeb(fetchStream.response.body as never)
      .on('error', () => {})
      .pipe(res)
    stream = fetchStream
  }
  stream.send('message', 'hi')
  streams.push(new WeakRef(stream))
  stream.signal.addEventListener('abort', () => stream.send('message', 'gone'))
  stream.closed.then(({ reason }) => {
    reasons[reason] = (reasons[reason] ?? 0) + 1
  })
})

async function report(): Promise<void> {
  for (let count = 0; count < 20; count++) {
    await new Promise((resolve) => setTimeout(resolve, 10))
    global.gc!()
  }
  const alive = streams.splice(0).filter((ref) => ref.deref() !== undefined).length
  const handles: Record<string, number> = {}
  for (const name of process.getActiveResourcesInfo()) handles[name] = (handles[name] ?? 0) + 1
  process.send!({ heap: process.memoryUsage().heapUsed, alive, handles, reasons })
}

process.on('message', report)
server.listen(0, '127.0.0.1', () => process.send!({ port: (server.address() as { port: number }).port }))
