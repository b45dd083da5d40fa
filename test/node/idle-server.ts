// A server in a process of its own that reports its heap while its connections are idle. Run by idle.test.ts.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { createStream as createFetchStream } from '../../src/server/index.ts'
import { createStream as createNodeStream } from '../../src/server/node/index.ts'

const FIRST = Buffer.from(': heartbeat=15000\n')
const HEAD = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-cache, no-transform',
  'X-Accel-Buffering': 'no',
  Incremental: '?1',
}

function plainBody(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(FIRST)
    },
  })
}

function host(response: Response, res: ServerResponse): void {
  res.writeHead(response.status, { ...Object.fromEntries(response.headers), Connection: 'close' })
  Readable.fromWeb(response.body as never)
    .on('error', () => {})
    .pipe(res)
}

const kinds: Record<string, (req: IncomingMessage, res: ServerResponse) => void> = {
  'bare node': (_, res) => {
    res.writeHead(200, { ...HEAD, Connection: 'close' })
    res.write(FIRST)
  },
  node: (req, res) => {
    createNodeStream(req, res)
  },
  'plain fetch': (_, res) => host(new Response(plainBody(), { headers: HEAD }), res),
  fetch: (_, res) => host(createFetchStream().response, res),
  'plain fetch with a request': (_, res) => {
    const request = new Request('http://127.0.0.1/')
    host(new Response(plainBody(), { headers: HEAD }), res)
    Object.assign(res, { request, signal: request.signal })
  },
  'fetch with a request': (_, res) => {
    const request = new Request('http://127.0.0.1/')
    host(createFetchStream(request).response, res)
    Object.assign(res, { request, signal: request.signal })
  },
}

const serve = kinds[process.argv[2]!]!
const server = createServer(serve)
process.on('message', async () => {
  for (let count = 0; count < 10; count++) {
    await new Promise((resolve) => setTimeout(resolve, 10))
    global.gc!()
  }
  process.send!({ heap: process.memoryUsage().heapUsed })
})
server.listen(0, '127.0.0.1', () => process.send!({ port: (server.address() as { port: number }).port }))
