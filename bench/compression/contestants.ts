import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { constants, createGzip, type Gzip } from 'node:zlib'
import compression from 'compression'
import { gzip } from '../../dist/server/gzip/index.js'
import { createChannel } from '../../dist/server/index.js'
import { respond } from '../../dist/server/node/index.js'

export interface Contestant {
  readonly server: Server
  publish(data: object, id: number): void
}

const HEAD = { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' }

function frame(data: object, id: number): Buffer {
  return Buffer.from(`event: note\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`)
}

/** Everything that is opened, and how each is written to. */
function byHand<Stream>(open: (response: ServerResponse) => Stream, write: (stream: Stream, bytes: Buffer) => void) {
  const streams = new Set<Stream>()
  const serve: RequestListener = (_, response) => {
    const stream = open(response)
    streams.add(stream)
    response.on('close', () => streams.delete(stream))
  }
  const publish = (data: object, id: number) => {
    const bytes = frame(data, id)
    for (const stream of streams) write(stream, bytes)
  }
  return { server: createServer(serve), publish }
}

function eventwire(compress: boolean): Contestant {
  const channel = createChannel<{ note: object }>({
    ...(compress && { compress: gzip() }),
    stream: { heartbeat: false },
  })
  return {
    server: createServer((request, response) => void respond(channel, request, response)),
    publish: (data) => void channel.publish('note', data),
  }
}

/** A compressor for each client, flushed after each event, as every guide advises. */
function gzipOf(response: ServerResponse): Gzip {
  response.writeHead(200, { ...HEAD, 'Content-Encoding': 'gzip' })
  const stream = createGzip({ flush: constants.Z_SYNC_FLUSH })
  stream.pipe(response)
  response.on('close', () => stream.destroy())
  stream.write(':\n')
  return stream
}

export const contestants: Record<string, () => Contestant> = {
  'floor: res.write': () =>
    byHand(
      (response) => {
        response.writeHead(200, HEAD)
        response.write(':\n')
        return response
      },
      (response, bytes) => response.write(bytes),
    ),
  eventwire: () => eventwire(false),
  'eventwire gzip()': () => eventwire(true),
  'node:zlib for each client': () => byHand(gzipOf, (stream, bytes) => stream.write(bytes)),
  'compression 1.8 (Express) for each client': () => {
    const middleware = compression({ threshold: 0, filter: () => true })
    const streams = new Set<ServerResponse & { flush(): void }>()
    const server = createServer((request, response) => {
      middleware(request as never, response as never, () => {
        const stream = response as ServerResponse & { flush(): void }
        stream.writeHead(200, HEAD)
        stream.write(':\n')
        stream.flush()
        streams.add(stream)
        stream.on('close', () => streams.delete(stream))
      })
    })
    const publish = (data: object, id: number) => {
      const bytes = frame(data, id)
      for (const stream of streams) {
        stream.write(bytes)
        stream.flush()
      }
    }
    return { server, publish }
  },
}
