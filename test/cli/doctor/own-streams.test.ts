// The doctor finds no fault in the streams of Eventwire itself, whatever their options are.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { gzip } from '../../../src/server/gzip/index.ts'
import {
  type Channel,
  type ChannelOptions,
  createChannel,
  memoryLog,
  type ReaderOptions,
} from '../../../src/server/index.ts'
import { createStream, respond } from '../../../src/server/node/index.ts'
import { examined } from './run.ts'

type Events = { tick: number; all: number[] }
type Kind = [channel: ChannelOptions<Events>, reader: ReaderOptions<Events>]

const stream = { heartbeat: 100 }
const PATIENT = ['--timeout', '60', '--slow', '60', '--settle', '60']

const KINDS: Record<string, Kind> = {
  plain: [{ stream }, {}],
  comments: [{ stream: { ...stream, controls: 'comments' } }, {}],
  snapshot: [{ stream }, { snapshot: (writer) => void writer.send('all', [1, 2]) }],
  'from the start': [{ stream }, { from: 'start' }],
  'from the latest': [{ stream }, { from: 'latest', every: 50 }],
  filtered: [{ stream }, { filter: ({ data }) => data === 3 }],
  compressed: [{ stream, compress: gzip() }, {}],
  ended: [{ stream }, {}],
  short: [{ stream, log: memoryLog({ maxEvents: 2 }) }, {}],
}

const channels = new Map<string, Channel<Events>>()
const server = createServer((request, response) => {
  const kind = decodeURIComponent(request.url!.slice(1))
  if (kind === 'stream') {
    const writer = createStream<Events>(request, response, stream)
    writer.send('tick', 1)
    return void writer.close({ final: true })
  }
  const [options, reader] = KINDS[kind]!
  const channel = channels.get(kind) ?? createChannel<Events>(options)
  channels.set(kind, channel)
  respond(channel, request, response, reader)
  if (request.headers['last-event-id'] !== undefined) return
  for (let count = 0; count < 4; count++) channel.publish('tick', count, { key: 'k' })
  if (kind === 'ended') channel.close({ final: true })
})

let origin: string
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.close()
  server.closeAllConnections()
})

const WARNINGS: Record<string, Record<string, string>> = {
  // Its history is shorter than what it has just sent.
  short: { resumption: 'warning' },
  stream: { resumption: 'warning' },
}

it.concurrent.for([...Object.keys(KINDS), 'stream'])('%s', async (kind) => {
  const { code, problems, text } = await examined(`${origin}/${encodeURIComponent(kind)}`, PATIENT)
  expect(problems, text).toEqual(WARNINGS[kind] ?? {})
  expect(code).toBe(0)
  expect(text).toMatch(/"204 for a reconnect after the end"/)
  if (kind === 'compressed') expect(text).toMatch(/"gzip, and bytes arrive as they are sent"/)
})
