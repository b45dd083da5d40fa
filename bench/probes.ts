/**
 * Does a client do what the standard and common sense ask of it, where most do not? Eight probes against a real server.
 *
 *     npm run bench -- probes
 *
 * Each client runs in a process of its own, so that what it throws, leaks or puts on the global object is its own too.
 * A probe waits for what should happen, at most `TIMEOUT`, and `QUIET` for what should not.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { clients, type ProbedClient } from './probe-clients.ts'

const TIMEOUT = 8_000
const QUIET = 2_000

type Handler = (response: ServerResponse, request: IncomingMessage) => void
interface Attempt {
  readonly requests: IncomingMessage[]
  readonly messages: { data: string; id: string | undefined }[]
  /** Responses that the client has not let go of. */
  readonly open: Set<ServerResponse>
  /** Called for each message, within the client's listener. */
  listener: (data: string) => void
  close: () => void
}
interface Probe {
  readonly name: string
  /** One handler a request; the last one answers the rest. */
  readonly handlers: Handler[]
  readonly listener?: (attempt: Attempt, data: string) => void
  /** The condition that must become true. */
  readonly until: (attempt: Attempt) => boolean
  /** The condition that must still hold after a while, when nothing more should happen. */
  readonly still?: (attempt: Attempt) => boolean
}

const open =
  (text: string, type = 'text/event-stream'): Handler =>
  (response) => {
    response.writeHead(200, { 'Content-Type': type, Connection: 'close' })
    response.write(text)
  }
const ended =
  (text: string): Handler =>
  (response, request) => {
    open(`retry: 10\n\n${text}`)(response, request)
    response.end()
  }
const refused =
  (status: number): Handler =>
  (response) => {
    response.writeHead(status, { 'Content-Type': 'text/plain' })
    response.write('a body that does not end')
  }

const probes: Probe[] = [
  {
    name: 'keeps an id for events without one, and an id without an event',
    handlers: [ended('id: 1\ndata: a\n\ndata: b\n\nid: 2\n\n'), open('')],
    until: ({ requests, messages }) => messages[1]?.id === '1' && requests[1]?.headers['last-event-id'] === '2',
  },
  {
    name: 'recovers from 500',
    handlers: [(response) => response.writeHead(500).end(), open('data: back\n\n')],
    until: ({ messages }) => messages[0]?.data === 'back',
  },
  {
    name: 'lets go of an answer that it rejects',
    handlers: [refused(404)],
    until: ({ requests, open }) => requests.length > 0 && open.size === 0,
    still: ({ open }) => open.size === 0,
  },
  {
    name: 'goes on when a listener throws',
    handlers: [open('data: a\n\ndata: b\n\n')],
    listener: (_, data) => {
      if (data === 'a') throw new Error('thrown by the listener')
    },
    until: ({ messages }) => messages[1]?.data === 'b',
    still: ({ messages, requests }) => messages.length === 2 && requests.length === 1,
  },
  {
    name: 'reconnects with an id beyond Latin-1',
    handlers: [ended('id: ž日\ndata: a\n\n'), open('')],
    until: ({ requests }) =>
      Buffer.from(String(requests[1]?.headers['last-event-id']), 'latin1').toString('utf8') === 'ž日',
  },
  {
    name: 'stays away after 204',
    handlers: [ended('data: a\n\n'), (response) => response.writeHead(204).end()],
    until: ({ requests }) => requests.length === 2,
    still: ({ requests }) => requests.length === 2,
  },
  {
    name: 'is silent after close() in a listener',
    handlers: [open('data: a\n\ndata: b\n\ndata: c\n\n')],
    listener: ({ close }) => close(),
    until: ({ messages, open }) => messages.length > 0 && open.size === 0,
    still: ({ messages, requests }) => messages.length === 1 && requests.length === 1,
  },
  {
    name: 'takes text/event-stream in any case, and nothing that only begins like it',
    handlers: [(response, request) => open('data: a\n\n', contentTypeOf(request))(response, request)],
    until: ({ messages, requests }) => requests.length > 0 && messages.length === (asWritten(requests[0]!) ? 1 : 0),
    still: ({ messages, requests }) => messages.length === (asWritten(requests[0]!) ? 1 : 0),
  },
]

const asWritten = (request: IncomingMessage) => request.url === '/odd'
const contentTypeOf = (request: IncomingMessage) =>
  asWritten(request) ? 'Text/Event-Stream;charset=utf-8' : 'text/event-stream-like'

async function passes(probe: Probe, client: ProbedClient, path: string): Promise<boolean> {
  const attempt: Attempt = { requests: [], messages: [], open: new Set(), listener: () => {}, close: () => {} }
  let changed = () => {}
  const server = createServer((request, response) => {
    attempt.requests.push(request)
    attempt.open.add(response)
    response.on('close', () => {
      attempt.open.delete(response)
      changed()
    })
    changed()
    probe.handlers[Math.min(attempt.requests.length, probe.handlers.length) - 1]!(response, request)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`
  attempt.close = client(url, (data, id) => {
    attempt.messages.push({ data, id })
    changed()
    probe.listener?.(attempt, data)
  })
  const came = await new Promise<boolean>((resolve) => {
    const timer = setTimeout(resolve, TIMEOUT, false)
    changed = () => {
      if (!probe.until(attempt)) return
      clearTimeout(timer)
      resolve(true)
    }
    changed()
  })
  if (came && probe.still) await new Promise((resolve) => setTimeout(resolve, QUIET))
  const passed = came && (probe.still?.(attempt) ?? true)
  attempt.close()
  server.close()
  server.closeAllConnections()
  return passed
}

/** In a child: the results of one client, one line each. */
async function probeOne(name: string): Promise<void> {
  // Clients let exceptions of listeners surface in different places; probes expect and ignore them.
  process.on('uncaughtException', () => {})
  process.on('unhandledRejection', () => {})
  const client = await clients[name]!()
  for (const probe of probes) {
    const paths = probe.name.startsWith('takes') ? ['/odd', '/like'] : ['/']
    let passed = true
    for (const path of paths) passed = (await passes(probe, client, path)) && passed
    console.log(passed ? 'ok' : 'no')
  }
  process.exit()
}

async function resultsOf(name: string): Promise<string[]> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text
  })
  await once(child, 'close')
  return output.trim().split('\n')
}

/** Prints the table; fails when ours does not pass all. */
export async function run(): Promise<void> {
  const names = Object.keys(clients)
  const results = await Promise.all(names.map(resultsOf))
  const rows = probes.map(({ name }, index) => [name, ...results.map((column) => column[index] ?? 'no')])
  for (const row of [['probe', ...names], names.map(() => '---').concat('---'), ...rows])
    console.log(`| ${row.join(' | ')} |`)
  if (results[0]!.some((result) => result !== 'ok')) throw new Error('Eventwire does not pass its own probes')
}

if (process.argv[1] === fileURLToPath(import.meta.url) && process.argv[2]) await probeOne(process.argv[2])
