// Control information is on the wire as events or as comments, byte by byte the same with every log and on every host.
import { createServer } from 'node:http'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { createChannel, createStream, memoryLog } from '../../../src/server/index.ts'
import { sqliteLog } from '../../../src/server/log/sqlite/index.ts'
import { respond } from '../../../src/server/node/index.ts'
import { listen } from '../../node/listen.ts'
import { controlFormTests, type OpenStream, openOnFetch } from './control-forms.ts'

const openOnNode: OpenStream = async (channel, cursor, options) => {
  const server = createServer((req, res) => {
    respond(channel, req, res, options)
  })
  const headers = cursor === '' ? {} : { 'Last-Event-ID': cursor }
  return fetch(`http://127.0.0.1:${await listen(server)}/`, { headers })
}

describe('on Fetch, in memory', () => controlFormTests(() => memoryLog(), openOnFetch))
describe('on Node, in memory', () => controlFormTests(() => memoryLog(), openOnNode))
describe('on Fetch, in SQLite', () => {
  controlFormTests(() => sqliteLog({ database: new DatabaseSync(':memory:'), key: 'answer' }), openOnFetch)
})

it("a history whose start was trimmed is a gap from: 'start', with its position in the comment only", async () => {
  const channel = createChannel<{ note: number }>({
    log: memoryLog({ maxEvents: 2 }),
    stream: { heartbeat: false, controls: 'comments' },
  })
  const cursors: string[] = []
  for (const n of [1, 2, 3]) cursors.push(await channel.publish('note', n))
  await channel.close({ final: true })
  const text = await channel.response(new Request('http://localhost/'), { from: 'start' }).text()
  // The end is an entry of the history, too.
  const [, oldest, last] = cursors
  const gap = JSON.stringify({ reason: 'trimmed', oldest, id: oldest })
  expect(text).toBe(`:\n: sse:gap ${gap}\nevent: note\nid: ${last}\ndata: 3\n\n: sse:end\nid: sse:end\n\n`)
})

it('streams of both forms read one channel', async () => {
  const channel = createChannel<{ note: number }>()
  const responses = (['events', 'comments'] as const).map((controls) => {
    const stream = createStream<{ note: number }>(undefined, { controls, heartbeat: false })
    channel.subscribe(stream, { topics: ['a', 'b'] })
    return stream.response
  })
  const head = await channel.cursor()
  const id = await channel.publish('note', 1, { topics: ['a'] })
  await channel.close({ final: true })
  const [events, comments] = await Promise.all(responses.map((response) => response.text()))
  const frame = `topic: a\nevent: note\nid: ${id}\ndata: 1\n\n`
  expect(events).toBe(
    `:\nevent: sse:cursor\nid: ${head}\ndata: {}\n\n${frame}event: sse:end\nid: sse:end\ndata: {}\n\n`,
  )
  expect(comments).toBe(`:\nid: ${head}\n\n: ${frame}: sse:end\nid: sse:end\n\n`)
})
