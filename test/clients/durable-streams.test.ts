// The pages of a channel are the reading side of the Durable Streams protocol: its public tests of reading pass, and its client reads channels.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createChannel } from '../../src/server/index.ts'
import { respond } from '../../src/server/node/index.ts'
import { pages } from '../../src/server/pages/index.ts'
import { listen } from '../node/listen.ts'
import { protocolServer, WAIT } from './durable-streams/protocol-server.ts'
import { applies, READING, type Result } from './durable-streams/reading.ts'

const folder = fileURLToPath(new URL('durable-streams/', import.meta.url))

describe('the conformance tests', () => {
  it('of reading pass, all of them', async () => {
    const port = await listen(protocolServer())
    const results = await run(`http://127.0.0.1:${port}`)
    const applied = results.filter(applies)
    const failed = applied.filter(({ status }) => status !== 'passed')
    expect(failed.map(({ title, failureMessages }) => `${title}: ${failureMessages[0]}`)).toEqual([])
    expect([applied.length, results.length]).toEqual([86, 338])
  })
})

describe('the client', () => {
  it('reads a channel from its start to its end, live', async () => {
    const { stream } = await import(`${folder}node_modules/@durable-streams/client/dist/index.js`)
    const channel = createChannel<{ n: number }>({ poll: pages({ maxEvents: 3 }) })
    onTestFinished(() => channel.close())
    const url = `http://127.0.0.1:${await listen(createServer((req, res) => void respond(channel, req, res)))}/events`
    for (let n = 0; n < 10; n++) await channel.publish('n', n)
    const session = await stream({ url, offset: '-1', live: 'long-poll', json: true })
    const seen: { type: string; n: number }[] = []
    for await (const { type, data } of session.jsonStream()) {
      seen.push({ type, n: JSON.parse(data) })
      if (seen.length < 10) continue
      if (seen.length < 13) void channel.publish('n', seen.length)
      else void channel.close({ final: true })
    }
    expect(seen).toEqual(Array.from({ length: 13 }, (_, n) => ({ type: 'n', n })))
    expect(session.streamClosed).toBe(true)
  })

  it('reads what there is, and finds the head', async () => {
    const { DurableStream } = await import(`${folder}node_modules/@durable-streams/client/dist/index.js`)
    const channel = createChannel<{ n: number }>({ poll: pages() })
    onTestFinished(() => channel.close())
    const url = `http://127.0.0.1:${await listen(createServer((req, res) => void respond(channel, req, res)))}/events`
    await channel.publish('n', 1)
    const stream = new DurableStream({ url })
    const { offset, streamClosed, contentType } = await stream.head()
    expect({ streamClosed, contentType }).toEqual({ streamClosed: false, contentType: 'application/json' })
    await channel.publish('n', 2)
    const rest = await (await stream.stream({ offset, live: false })).json()
    expect(rest.map(({ data }: { data: string }) => data)).toEqual(['2'])
  })
})

/** Runs the tests of reading against a server. */
async function run(url: string): Promise<readonly Result[]> {
  const output = mkdtempSync(join(tmpdir(), 'durable-streams-'))
  onTestFinished(() => rmSync(output, { recursive: true, force: true }))
  const file = join(output, 'results.json')
  const groups = Object.keys(READING).map((group) => group.replace(/[()]/g, '\\$&'))
  const words = ['run', '--reporter=json', `--outputFile=${file}`, '-t', groups.join('|')]
  const env = { ...process.env, SERVER_URL: url, WAIT: `${WAIT}` }
  const child = spawn(`${folder}node_modules/.bin/vitest`, words, { cwd: folder, env, stdio: 'ignore' })
  onTestFinished(() => void child.kill())
  await once(child, 'exit')
  return JSON.parse(readFileSync(file, 'utf8')).testResults[0].assertionResults
}
