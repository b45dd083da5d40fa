import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { onTestFinished } from 'vitest'

export type Handler = (response: ServerResponse, request: IncomingMessage) => void

export interface RawServer {
  readonly url: string
  readonly origin: string
  /** The requests that came, oldest first. */
  readonly requests: IncomingMessage[]
  /** Sockets that are open. */
  readonly sockets: Set<Socket>
  /** Resolves with the request of this number, counted from 1, once it has come. */
  request(number: number): Promise<IncomingMessage>
  /** Resolves when no socket is open. */
  idle(): Promise<void>
  close(): Promise<void>
}

/** A real server that answers the first request with the first handler, and so on; the last one answers the rest. */
export async function rawServer(...handlers: Handler[]): Promise<RawServer> {
  const requests: IncomingMessage[] = []
  const sockets = new Set<Socket>()
  const changes = new Set<() => void>()
  const changed = () => {
    for (const check of changes) check()
  }
  const server = createServer((request, response) => {
    requests.push(request)
    changed()
    handlers[Math.min(requests.length, handlers.length) - 1]!(response, request)
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => {
      sockets.delete(socket)
      changed()
    })
  })
  const until = (holds: () => boolean) =>
    new Promise<void>((resolve) => {
      const check = () => {
        if (!holds()) return
        changes.delete(check)
        resolve()
      }
      changes.add(check)
      check()
    })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = async () => {
    if (!server.listening) return
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }
  onTestFinished(close)
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: `${origin}/events`,
    origin,
    requests,
    sockets,
    request: (number) => until(() => requests.length >= number).then(() => requests[number - 1]!),
    idle: () => until(() => sockets.size === 0),
    close,
  }
}

export const STREAM = { 'Content-Type': 'text/event-stream', Connection: 'close' }

/** Answers with a stream of these bytes and keeps it open. */
export function stream(...parts: string[]): Handler {
  return (response) => {
    response.writeHead(200, STREAM)
    response.flushHeaders()
    for (const part of parts) response.write(part)
  }
}

/** Answers with these bytes and ends the stream. */
export function ended(...parts: string[]): Handler {
  return (response) => {
    stream(...parts)(response, undefined as never)
    response.end()
  }
}

/** Answers with these bytes and breaks the socket once they are sent. */
export function broken(...parts: string[]): Handler {
  return (response) => {
    response.writeHead(200, STREAM)
    response.write(parts.join(''), () => response.destroy())
  }
}

/** Answers with a status and a body. */
export function respondWith(status: number, body = '', headers: Record<string, string> = {}): Handler {
  return (response) => response.writeHead(status, { 'Content-Type': 'text/plain', ...headers }).end(body)
}
