// The same subscription works in every runtime that is installed; npm run test:runtimes brings those beside Node and Bun.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { freePort } from '../free-port.ts'
import { ended, type Handler, rawServer, respondWith, STREAM, stream } from './raw-server.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const extra = (path: string) => here(`../runtimes/node_modules/${path}`)
const processes = [
  ['Node 20', extra('node-20/bin/node'), []],
  ['Node 24', process.execPath, []],
  ['Node 26', extra('node-26/bin/node'), []],
  ['Bun', here('../../node_modules/.bin/bun'), []],
  ['Deno', extra('@deno/linux-x64-glibc/deno'), ['run', '--no-config', '--allow-net']],
] as const
// The package's own command is a wrapper that passes no descriptors on.
const WORKERD = extra('@cloudflare/workerd-linux-64/bin/workerd')

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'client-runtimes-'))
  await build({
    entryPoints: [here('runtimes/process.ts'), here('runtimes/worker.ts')],
    bundle: true,
    format: 'esm',
    outdir: folder,
    outExtension: { '.js': '.mjs' },
  })
})
afterAll(() => rm(folder, { recursive: true }))

const resume: Handler = (response, request) => {
  const id = request.headers['last-event-id']
  if (id === undefined) ended('retry: 1\nid: é1\ndata: 1\n\n')(response, request)
  else if (Buffer.from(id as string, 'latin1').toString() === 'é1') stream('id: 2\ndata: 2\n\n')(response, request)
  else respondWith(400, `the id came as ${id}`)(response, request)
}

const handlers: { readonly [path: string]: Handler } = {
  '/resume': resume,
  '/redirect': (response, request) =>
    response.writeHead(307, { Location: `http://localhost:${request.socket.localPort}/headers` }).end(),
  '/headers': (response, { headers }) => {
    const { accept, 'x-secret': secret = 'not sent' } = headers
    stream(`data: ${JSON.stringify({ accept, secret })}\n\n`)(response, undefined as never)
  },
  '/204': (response) => response.writeHead(204).end(),
  '/404': respondWith(404, 'nothing here'),
  '/post': async (response, request) => {
    const question = await text(request)
    response.writeHead(200, STREAM).end(`data: "${request.method} ${question}"\n\ndata: [DONE]\n\n`)
  },
  '/finished': ended('id: 1\ndata: 1\n\n'),
  '/located': (response) => response.writeHead(302, { Location: Buffer.from('/žluť').toString('latin1') }).end(),
  [encodeURI('/žluť')]: stream('data: "found"\n\n'),
  // The second of these requests finds an id that no header can carry, and goes on without it.
  '/payloads': (response, request) => {
    const { length } = payloads
    payloads.push(request.headers['last-event-id'])
    if (length % 2 === 0)
      ended(`event: ping\ndata: plain text\n\nid: ${'x'.repeat(4_097)}\ndata: 1\n\n`)(response, request)
    else stream('data: 2\n\n')(response, request)
  },
  // Not with Connection: close, behind which Node 20 takes a broken body for a finished one.
  '/broken': (response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' })
    response.write('id: 1\n', () => response.destroy())
  },
  '/silent': stream(': heartbeat=1000\n'),
  '/hub?topics=a,b': stream(
    'event: sse:cursor\nid: x.1\ndata: {}\n\ntopic: b\nid: x.2\ndata: 2\n\ntopic: a\nid: x.3\ndata: 1\n\n',
  ),
}

const payloads: unknown[] = []

const server = () => rawServer((response, request) => handlers[request.url!]!(response, request))

const expected = {
  resume: [
    [1, 'é1'],
    [2, '2'],
  ],
  redirect: { accept: 'text/event-stream', secret: 'not sent' },
  gone: { reason: 'server', end: 'no-content' },
  missing: ['/404 responded with 404; a stream needs 200', 404, 'nothing here'],
  post: 'POST a question',
  silent: 'idle',
  body: [1],
  finished: { reason: 'server', end: 'complete' },
  neverSent: ['network', true],
  wrapped: { accept: 'text/event-stream', secret: 'not sent' },
  kept: { accept: 'text/event-stream', secret: 'mine' },
  located: 'found',
  payloads: [['payload-not-decodable', 'plain text']],
  broken: 'network',
  aborted: ['aborted', 'aborted', 'aborted'],
  lazy: { status: 'paused', reason: 'idle' },
  hub: [1, 2, 'page'],
}

describe.each(processes)('%s', (_, program, args) => {
  it.skipIf(!process.env.CI && !existsSync(program))('does the same', async () => {
    const { origin, idle } = await server()
    const child = spawn(program, [...args, join(folder, 'process.mjs'), origin, String(await freePort())], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NO_COLOR: '1' },
    })
    const [output] = await Promise.all([text(child.stdout), once(child, 'exit')])
    expect(JSON.parse(output)).toEqual(expected)
    await idle()
  })
})

describe('workerd', () => {
  it.skipIf(!process.env.CI && !existsSync(WORKERD))('does the same', async () => {
    const { origin } = await server()
    await writeFile(join(folder, 'config.capnp'), config)
    const child = spawn(WORKERD, ['serve', 'config.capnp', '--control-fd=3'], {
      cwd: folder,
      stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
    })
    onTestFinished(() => {
      child.kill()
    })
    let port: number | undefined
    for await (const line of createInterface({ input: child.stdio[3] as Readable })) {
      port = JSON.parse(line).port
      if (port) break
    }
    const response = await fetch(
      `http://127.0.0.1:${port}/?origin=${encodeURIComponent(origin)}&closed=${await freePort()}`,
    )
    // workerd does not say why a connection fails.
    expect(await response.json()).toEqual({ ...expected, neverSent: ['network', false] })
  })
})

const config = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker", esModule = embed "worker.mjs")],
      compatibilityDate = "2024-01-01",
    )),
    (name = "internet", network = (allow = ["public", "private", "local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`
