// However publishing, reading, stalling, trimming and leaving interleave: nothing is lost untold, nothing repeated, all in order.
import { createServer, get, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { createParser, type Message } from '../../../src/index.ts'
import { createChannel, memoryLog } from '../../../src/server/index.ts'
import { createStream } from '../../../src/server/node/index.ts'
import { ChannelClient, requestAfter } from './channel-client.ts'

interface Events {
  note: { n: number; pad: string }
}

const topicsOf = (n: number) => [undefined, ['a'], ['b'], ['a', 'b/c']][n % 4]
const wants: Record<string, (n: number) => boolean> = {
  none: (n) => n % 4 === 0,
  a: (n) => n % 4 === 1 || n % 4 === 3,
  'b/*': (n) => n % 4 === 3,
  '**': () => true,
}

/** Holds what a client was given against what it should have been: `position` moves on with each message. */
function checkMessages(messages: readonly Message[], wanted: (n: number) => boolean, from: number): number {
  let position = from
  for (const { type, data, id } of messages) {
    const sequence = Number.parseInt(id.split('.')[1]!, 36)
    const skipped = Array.from({ length: Math.max(0, sequence - position) }, (_, index) => position + index + 1)
    if (type === 'note') {
      expect(JSON.parse(data).n).toBe(sequence)
      expect(skipped.filter(wanted)).toEqual([sequence])
    } else if (type === 'sse:cursor') {
      expect(sequence).toBeGreaterThanOrEqual(position)
      expect(skipped.filter(wanted)).toEqual([])
    } else {
      expect(type).toBe('sse:gap')
    }
    position = sequence
  }
  return position
}

/** A response with control information in comments, as one with events, chunk by chunk; nothing is read ahead. */
function withEvents(response: Response): Response {
  const reader = response.body!.getReader()
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read()
        if (done) controller.close()
        else controller.enqueue(Buffer.from(asEvents(Buffer.from(value).toString('latin1')), 'latin1'))
      },
      cancel: () => reader.cancel(),
    },
    { highWaterMark: 0 },
  )
  return new Response(body, response)
}

function asEvents(text: string): string {
  return text
    .replace(/^: sse:gap (.*)\nid: (.*)\n\n/gm, 'event: sse:gap\nid: $2\ndata: $1\n\n')
    .replace(/^(id: .*)\n\n/gm, 'event: sse:cursor\n$1\ndata: {}\n\n')
}

describe('random interleavings', () => {
  const size = fc.constantFrom(10, 10, 10, 30_000, 70_000)
  const client = fc.nat(3)
  const bounds = fc.constantFrom(3, 20, 1_000)
  const forms = fc.constantFrom('events' as const, 'comments' as const)
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ op: fc.constant('publish' as const), count: fc.integer({ min: 1, max: 6 }), size }),
    },
    { weight: 3, arbitrary: fc.record({ op: fc.constant('take' as const), client }) },
    {
      weight: 2,
      arbitrary: fc.record({
        op: fc.constant('join' as const),
        client,
        topics: fc.constantFrom(...Object.keys(wants)),
      }),
    },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('leave' as const), client }) },
    { weight: 3, arbitrary: fc.record({ op: fc.constant('tick' as const) }) },
  )

  it('of publish, join, take, leave, trim', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), bounds, forms, async (steps, maxEvents, controls) => {
        const channel = createChannel<Events>({ log: memoryLog({ maxEvents }), stream: { heartbeat: false, controls } })
        const clients = new Map<number, { connection: ChannelClient; topics: string; from: number; cursor: string }>()
        let n = 0
        const join = (index: number, topics: string, cursor: string, from: number) => {
          const options = topics === 'none' ? {} : { topics: [topics] }
          const response = channel.response(requestAfter(cursor), options)
          const connection = new ChannelClient(controls === 'events' ? response : withEvents(response))
          clients.set(index, { connection, topics, from, cursor })
        }
        const settle = async (index: number) => {
          const { connection, topics, from, cursor } = clients.get(index)!
          await connection.disconnect()
          const position = checkMessages(
            connection.messages,
            (sequence) => sequence <= n && wants[topics]!(sequence),
            from,
          )
          return { topics, position, cursor: connection.cursor || cursor }
        }
        for (const step of steps) {
          if (step.op === 'publish') {
            for (let index = 0; index < step.count; index++) {
              n++
              channel.publish('note', { n, pad: 'x'.repeat(step.size) }, { topics: topicsOf(n) })
            }
          } else if (step.op === 'take') {
            clients.get(step.client)?.connection.take() // there may be nothing to take yet
          } else if (step.op === 'tick') {
            await Promise.resolve()
          } else if (step.op === 'leave') {
            if (!clients.has(step.client)) continue
            const { topics, position, cursor } = await settle(step.client)
            if (cursor === '') clients.delete(step.client)
            else join(step.client, topics, cursor, position)
          } else if (!clients.has(step.client)) {
            join(step.client, step.topics, '', n)
          }
        }
        // A last event that all of them want, and all of them get it.
        const last = ['a', 'b/x', 'none']
        await channel.publish('note', { n: 0, pad: 'last' }, { topics: last })
        await channel.publish('note', { n: 0, pad: 'last' })
        for (const index of clients.keys()) {
          const { connection } = clients.get(index)!
          await connection.until(({ events }) => events.at(-1)?.data.includes('last'))
          connection.messages.splice(connection.messages.findIndex(({ data }) => data.includes('last')))
          await settle(index)
        }
        expect(channel.size).toBe(0)
      }),
      { numRuns: 300, seed: Number(process.env.SEED ?? Date.now() % 2 ** 31) },
    )
  })
})

describe('real HTTP clients', () => {
  const CLIENTS = 20
  const DISCONNECTS = 50
  let server: Server

  afterEach(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })

  it('lose and repeat nothing over 1,000 random disconnects while events are published', async () => {
    const channel = createChannel<Events>()
    server = createServer((request, response) => {
      channel.subscribe(createStream<Events>(request, response), { topics: ['**'] })
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo

    let published = 0
    let finished = false
    const publishing = (async () => {
      for (let turn = 0; turn < 100_000 && !finished; turn++) {
        const count = Math.floor(Math.random() * 20)
        for (let index = 0; index < count; index++) {
          published++
          await channel.publish('note', { n: published, pad: 'x'.repeat(Math.random() < 0.02 ? 50_000 : 20) })
        }
        await new Promise((resolve) => setImmediate(resolve))
      }
    })()
    const seen = await Promise.all(
      Array.from({ length: CLIENTS }, async () => {
        const all: Message[] = []
        let cursor = ''
        for (let connection = 0; connection < DISCONNECTS; connection++) {
          cursor = await readSome(port, cursor, Math.floor(Math.random() * 30) + (cursor === '' ? 1 : 0), all)
        }
        return all
      }),
    )
    finished = true
    await publishing
    for (const messages of seen) {
      const events = messages.filter(({ type }) => type === 'note').map(({ data }) => JSON.parse(data).n as number)
      expect(messages.filter(({ type }) => type === 'sse:gap')).toEqual([])
      expect(events.length).toBeGreaterThan(DISCONNECTS)
      expect(events).toEqual(events.map((_, index) => events[0]! + index))
    }
  })
})

/** Reads at least so many messages, then breaks the connection, wherever it is; resolves to the cursor. */
async function readSome(port: number, cursor: string, count: number, all: Message[]): Promise<string> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(
      { host: '127.0.0.1', port, headers: cursor === '' ? {} : { 'Last-Event-ID': cursor }, agent: false },
      resolve,
    ).on('error', reject)
  })
  let got = 0
  const parser = createParser({
    lastEventId: cursor,
    onMessage: (message) => {
      all.push(message)
      got++
    },
  })
  for await (const chunk of response) {
    parser.feed(chunk)
    if (got >= count) break
  }
  response.destroy()
  return parser.lastEventId
}
