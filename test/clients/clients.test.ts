// Clients that are not ours deliver exactly the events that were sent, with heartbeats, comments and `retry` lines between them.
import { execFile, execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { EventSource } from 'eventsource'
import { createEventSource } from 'eventsource-client'
import { createParser } from 'eventsource-parser'
import { expect, it } from 'vitest'
import { defineEvents, text } from '../../src/index.ts'
import { createStream, type EventWriter } from '../../src/server/node/index.ts'
import { listen } from '../node/listen.ts'

const events = defineEvents({ message: text(), note: text(), last: text() })
type Events = typeof events
type Sent = readonly [name: keyof Events, data: string]

/** The events that the server sends. A heartbeat, a comment or a `retry` line stands before each. */
const SENT: readonly Sent[] = [
  ['message', 'without a name'],
  ['note', 'é日🎉'],
  ['note', '{"time":"12:00"}'],
  ['message', 'two\nlines'],
  ['note', 'with an id'],
  ['message', 'with a retry of its own'],
  ['last', 'the end'],
]
/** How many heartbeats are written before each event, at least. */
const BEATS = 3
const NAMES = ['message', 'note', 'last'] as const

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const run = promisify(execFile)
const python = here('.venv/bin/python')

/** Bytes of one heartbeat, as a chunk of HTTP/1.1. */
const CHUNK = '2\r\n:\n\r\n'.length

async function serve(): Promise<string> {
  const server = createServer(async (request, response) => {
    const stream = createStream(request, response, { events, heartbeat: 2, retry: 50 })
    const socket = response.socket!
    const beats = async () => {
      await new Promise(setImmediate) // everything sent before is written now
      const enough = socket.bytesWritten + BEATS * CHUNK
      while (!stream.signal.aborted && socket.bytesWritten < enough)
        await new Promise((resolve) => setTimeout(resolve, 1))
    }
    await sendAll(stream, beats)
  })
  return `http://127.0.0.1:${await listen(server)}/`
}

async function sendAll(stream: EventWriter<Events>, beats: () => Promise<void>): Promise<void> {
  for (const [index, [name, data]] of SENT.entries()) {
    await beats()
    if (index === 1) stream.comment('in the middle')
    if (index === 2) stream.retry(60)
    if (data === 'with an id') stream.send(name, data, { id: '7' })
    else if (data === 'with a retry of its own') stream.send(name, data, { retry: 70 })
    else stream.send(name, data)
  }
  stream.close()
}

type Delivered = [name: string, data: string][]

/** An EventSource, which delivers only names that somebody listens to. */
function withEventSource(url: string): Promise<Delivered> {
  const delivered: Delivered = []
  return new Promise((resolve) => {
    const source = new EventSource(url)
    for (const name of NAMES) {
      source.addEventListener(name, ({ type, data }) => {
        delivered.push([type, data])
        if (type !== 'last') return
        source.close()
        resolve(delivered)
      })
    }
  })
}

async function withEventSourceClient(url: string): Promise<Delivered> {
  const delivered: Delivered = []
  const source = createEventSource(url)
  for await (const { event = 'message', data } of source) {
    delivered.push([event, data])
    if (event === 'last') break
  }
  source.close()
  return delivered
}

async function withEventSourceParser(url: string): Promise<Delivered> {
  const delivered: Delivered = []
  const retries: number[] = []
  const parser = createParser({
    onEvent: ({ event = 'message', data }) => delivered.push([event, data]),
    onRetry: (retry) => retries.push(retry),
    onError: (error) => expect.unreachable(error.message),
  })
  const response = await fetch(url)
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) parser.feed(chunk)
  expect(retries).toEqual([50, 60, 70])
  return delivered
}

const NODE_PROGRAM = `
const source = new EventSource(process.argv[1])
for (const name of ${JSON.stringify(NAMES)}) {
  source.addEventListener(name, ({ type, data }) => {
    console.log(JSON.stringify([type, data]))
    if (type === 'last') source.close()
  })
}`

async function withNode(url: string): Promise<Delivered> {
  const words = ['--experimental-eventsource', '--no-warnings', '--input-type=module', '-e', NODE_PROGRAM, url]
  return linesOf((await run(here('../../node_modules/.bin/node'), words)).stdout)
}

const withPython =
  (client: string) =>
  async (url: string): Promise<Delivered> =>
    linesOf((await run(python, ['-I', here('read.py'), client, url], { timeout: 60_000 })).stdout)

function linesOf(output: string): Delivered {
  return output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

const inJavaScript = {
  eventsource: withEventSource,
  'eventsource-client': withEventSourceClient,
  'eventsource-parser': withEventSourceParser,
  "Node's own EventSource": withNode,
}

it.each(Object.entries(inJavaScript))('%s', async (_, read) => {
  expect(await read(await serve())).toEqual(SENT)
})

const hasPython = there(
  'the clients in Python',
  existsSync(here('.venv/installed.txt')),
  'node scripts/install-clients.ts',
)

it.runIf(hasPython).each(['httpx-sse', 'sseclient-py', 'sseclient', 'aiohttp-sse-client'])('%s', async (client) => {
  expect(await withPython(client)(await serve())).toEqual(SENT)
})

/** The lines of the stream without comments. */
const LINES = `retry: 50
data: without a name

event: note
data: é日🎉

retry: 60
event: note
data: {"time":"12:00"}

data: two
data: lines

event: note
id: 7
data: with an id

retry: 70
data: with a retry of its own

event: last
data: the end

`

it.runIf(hasPython)('requests, as text', async () => {
  const lines = (await withPython('requests')(await serve())).map(([, line]) => line)
  expect(`${lines.filter((line) => !line.startsWith(':')).join('\n')}\n`).toBe(LINES)
})

const hasCurl = there('curl', works('curl'), 'npm run setup')

it.runIf(hasCurl)('curl', async () => {
  const { stdout } = await run('curl', ['--silent', '--no-buffer', await serve()])
  expect(stdout.replace(/^:.*\n/gm, '')).toBe(LINES)
  expect(stdout.match(/^:$/gm)!.length).toBeGreaterThanOrEqual(SENT.length * BEATS)
})

/** CI has to have everything; a developer need not. */
function there(what: string, found: boolean, remedy: string): boolean {
  if (!found && process.env.CI) throw new Error(`There is no trace of ${what}: ${remedy}`)
  if (!found) console.warn(`left out: ${what} (${remedy})`)
  return found
}

function works(command: string): boolean {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
