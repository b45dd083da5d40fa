import { once } from 'node:events'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createChannel, memoryLog } from '../../src/server/index.ts'
import { respond } from '../../src/server/node/index.ts'
import { frame, payload } from '../fanout/protocol.ts'

/** A server that has a history of so many events, and sends all of it to each client. */
export type Contestant = (events: number) => Promise<RequestListener>

const PIECE = 65_536
const HEAD = { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache', Connection: 'close' }

async function writeAll(res: ServerResponse, pieces: readonly Uint8Array[]): Promise<void> {
  res.writeHead(200, HEAD)
  for (const piece of pieces) {
    if (res.destroyed) return
    if (!res.write(piece)) await new Promise<void>((resolve) => res.once('drain', resolve))
  }
}

export const contestants: Record<string, Contestant> = {
  async 'floor: a ready buffer in 64 KiB pieces'(events) {
    const bytes = Buffer.concat(Array.from({ length: events }, (_, n) => frame(n)))
    const pieces: Buffer[] = []
    for (let at = 0; at < bytes.length; at += PIECE) pieces.push(bytes.subarray(at, at + PIECE))
    return (_req, res) => void writeAll(res, pieces)
  },
  async eventwire(events) {
    const log = memoryLog({ maxEvents: events, maxBytes: 1e9 })
    const channel = createChannel({ log })
    for (let n = 0; n < events; n++) channel.publish('note', payload(n))
    return (req, res) => void respond(channel, req, res, { from: 'start' })
  },
  async 'eventwire, a topic'(events) {
    const channel = createChannel({ log: memoryLog({ maxEvents: events, maxBytes: 1e9 }) })
    for (let n = 0; n < events; n++) channel.publish('note', payload(n), { topics: ['all'] })
    return (req, res) => void respond(channel, req, res, { from: 'start', topics: ['all'] })
  },
  async 'by hand: a res.write for each frame of an array'(events) {
    const frames = Array.from({ length: events }, (_, n) => frame(n))
    return (_req, res) => void writeAll(res, frames)
  },
}

export async function listen(handler: RequestListener): Promise<number> {
  const server = createServer(handler).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
