import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import type { EventWriter } from '../../src/server/index.ts'
import { createStream } from '../../src/server/node/index.ts'
import { type Running, root, start } from '../programs.ts'

/** `CLI_NODE=/path/to/node npx vitest run --project node test/cli` asks another Node the same. */
const node = process.env.CLI_NODE ?? 'node'
const bin = `${root}dist/cli/index.js`

/** Runs the built program as `npx eventwire` would. */
export async function eventwire(args: readonly string[], env: Record<string, string> = {}): Promise<Running> {
  const program = await launch(args, env)
  onTestFinished(async () => {
    await program.stop()
  })
  return program
}

/** The same for tests that run beside each other, where the runner does not know which of them has started it. */
export function launch(args: readonly string[], env: Record<string, string> = {}): Promise<Running> {
  return start(node, [bin, ...args], env)
}

/** Runs a line of a shell in which `$EVENTWIRE` is the program. */
export function shell(line: string): Promise<Running> {
  return start('bash', ['-c', line], { EVENTWIRE: `${node} ${bin}` })
}

export type Events = { [name: string]: unknown }

export interface Server {
  readonly url: string
  readonly port: number
  readonly requests: IncomingMessage[]
  close(): Promise<void>
}

/** A real server whose clients return quickly; each request gets a stream. */
export async function serve(answer: (stream: EventWriter<Events>) => unknown, port = 0): Promise<Server> {
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    answer(createStream<Events>(request, response, { heartbeat: false, retry: 20 }))
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  onTestFinished(close)
  const { port: actual } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${actual}/sse`, port: actual, requests, close }
}
