import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname } from 'node:path'
import { readEvents } from '../../src/client/index.ts'
import { createStream } from '../../src/server/node/index.ts'
import type { AnyEvents, EventOf } from '../../src/shared/events/event-map.ts'
import { type Running, root, start } from '../programs.ts'

/** Milliseconds in which a program has to listen, to print or to end, and a server to send an event. */
const TIMEOUT = 60_000

/** The first event that a program served, or its exit code and output. */
export type Outcome =
  | { event: EventOf<AnyEvents> | undefined }
  | { code: number | null; errors: string; lines: readonly string[] }

/** Starts a file with Node as a reader would. `servers` says who answers for the addresses that it asks. */
export function startProgram(file: string, servers: Record<string, string>, env = {}): Promise<Running> {
  const args = ['--import', `${root}test/docs/preload.ts`, file]
  return start('node', args, { ...env, SERVERS: JSON.stringify(servers) }, dirname(file))
}

/** Where a program listens. */
export async function addressOf(program: Running): Promise<string> {
  const [, address] = await program.line(/^listening at (http:\S+)$/m, TIMEOUT)
  return address!
}

/** Resolves once a program has printed something. */
export async function printed(program: Running): Promise<void> {
  await program.line(/\S/, TIMEOUT)
}

/** Waits until a program serves its first event or exits. A program that does neither is terminated, and has no code. */
export async function outcomeOf(program: Running): Promise<Outcome> {
  const address = await addressOf(program).catch(() => undefined)
  if (address !== undefined) return { event: await firstEvent(address) }
  await program.stop('SIGKILL')
  const code = await program.exited()
  const output = program.output().trimEnd()
  return { code, errors: program.errors(), lines: output === '' ? [] : output.split('\n') }
}

async function firstEvent(address: string): Promise<EventOf<AnyEvents> | undefined> {
  const response = await fetch(address, { signal: AbortSignal.timeout(TIMEOUT) })
  for await (const event of readEvents(response)) return event
  return undefined
}

/** The output that a program promises behind `// ->`, line by line. */
export function promisedBy(code: string): string[] {
  return [...code.matchAll(/\/\/ -> (.*)$/gm)].map((match) => match[1]!)
}

/** A server of the test. */
export interface Server {
  readonly address: string
  /** The requests that have come. */
  readonly asked: number
  close(): Promise<unknown>
}

/** Stands for a server of the reader's: sends one of each event that the documentation listens to, and ends for good. */
export async function exampleServer(): Promise<Server> {
  let asked = 0
  const server = createServer((request, response) => {
    asked++
    if (request.method === 'POST') {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' })
      response.end('data: {"token":"Hello"}\n\ndata: [DONE]\n\n')
      return
    }
    const stream = createStream(request, response)
    stream.send('ping', { time: '12:00' }, { id: '7' })
    stream.send('message', 'hello')
    stream.send('price', { symbol: 'ACME', amount: 101 })
    stream.send('size', 12)
    stream.close({ final: true })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get asked() {
      return asked
    },
    close: () => Promise.all([once(server, 'close'), server.close(), server.closeAllConnections()]),
  }
}
