import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { freePort } from '../free-port.ts'

/** A server under test: one engine running one host. */
export interface Engine {
  readonly name: string
  readonly runtime: 'node' | 'bun' | 'deno' | 'workerd'
  readonly host: 'node:http' | 'fetch'
  readonly command: readonly [program: string, ...args: string[]]
  /** It is an example of a host, and does what those do. */
  readonly example?: true
}

export interface RunningEngine {
  readonly port: number
  readonly process: ChildProcess
  /** What the engine has said on stdout. */
  output(): string
  /** What the engine has said on stderr. */
  errors(): string
  stop(): Promise<void>
}

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const inModules = (path: string): string => here(`node_modules/${path}`)

const NODES: readonly (readonly [name: string, program: string])[] = [
  ['Node 20', inModules('node-20/bin/node')],
  ['Node 24', here('../../node_modules/.bin/node')],
  ['Node 26', inModules('node-26/bin/node')],
]
const BUN = here('../../node_modules/.bin/bun')
const DENO = inModules('@deno/linux-x64-glibc/deno')

export const engines: readonly Engine[] = [
  ...NODES.flatMap(([name, node]): Engine[] => [
    { name: `${name}, node:http`, runtime: 'node', host: 'node:http', command: [node, here('hosts/node-http.js')] },
    { name: `${name}, srvx`, runtime: 'node', host: 'fetch', command: [node, here('hosts/srvx.js')] },
  ]),
  { name: 'Bun, Bun.serve', runtime: 'bun', host: 'fetch', command: [BUN, here('hosts/bun.js')] },
  { name: 'Bun, node:http', runtime: 'bun', host: 'node:http', command: [BUN, here('hosts/node-http.js')] },
  {
    name: 'Deno, Deno.serve',
    runtime: 'deno',
    host: 'fetch',
    command: [DENO, 'run', '--no-config', '-A', here('hosts/deno.js')],
  },
  {
    name: 'Deno, node:http',
    runtime: 'deno',
    host: 'node:http',
    command: [DENO, 'run', '--no-config', '-A', here('hosts/node-http.js')],
  },
  {
    name: 'workerd',
    runtime: 'workerd',
    host: 'fetch',
    command: [inModules('@cloudflare/workerd-linux-64/bin/workerd'), 'serve'],
  },
]

const example = (path: string): string => here(`../../examples/hosts/${path}`)
const NODE = NODES[1]![1]

/** The examples: one stream in every web framework. */
export const examples: readonly Engine[] = [
  ...['Express', 'Fastify', 'Koa', 'Hono', 'h3', 'srvx', 'Next', 'SvelteKit'].map(
    (name): Engine => ({
      name,
      runtime: 'node',
      host: 'fetch',
      example: true,
      command: [NODE, example(`${name.toLowerCase()}/server.ts`)],
    }),
  ),
  { name: 'Nest', runtime: 'node', host: 'node:http', example: true, command: [NODE] },
  { name: 'Hono on Bun', runtime: 'bun', host: 'fetch', example: true, command: [BUN, example('hono/server.bun.ts')] },
  { name: 'Elysia', runtime: 'bun', host: 'fetch', example: true, command: [BUN, example('elysia/server.ts')] },
]

/** Starts an engine on a free port of 127.0.0.1 and waits until it answers. */
export async function start(engine: Engine): Promise<RunningEngine> {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'runtime-'))
  const [program, ...args] = engine.command
  if (engine.name === 'Nest') args.push(await withoutDecorators('nest/server.ts'))
  if (engine.runtime === 'workerd') args.push(await workerdConfig(folder, port))
  const child = spawn(program, args, { env: { ...process.env, PORT: String(port), NO_COLOR: '1' }, stdio: 'pipe' })
  let errors = ''
  let output = ''
  child.stderr.on('data', (text) => {
    errors += text
  })
  child.stdout.on('data', (text) => {
    output += text
  })
  const exited = once(child, 'exit')
  await answering(port, child, () => errors)
  return {
    port,
    process: child,
    output: () => output,
    errors: () => errors,
    async stop() {
      child.kill('SIGKILL')
      await exited
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export function versionOf({ runtime, command }: Engine): string {
  const output = execFileSync(command[0], ['--version'], { encoding: 'utf8' })
  return /\d+[.-]\d+[.-]\d+/.exec(output)?.[0] ?? `${runtime} of unknown version`
}

export async function answering(port: number, child: ChildProcess, errors: () => string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) throw new Error(`the engine exited with ${child.exitCode}: ${errors()}`)
    const answered = await fetch(`http://127.0.0.1:${port}/reports`).then(
      (response) => response.text(),
      () => undefined,
    )
    if (answered !== undefined) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`the engine does not answer: ${errors()}`)
}

/** Node runs TypeScript, but not its decorators. */
async function withoutDecorators(path: string): Promise<string> {
  const outfile = example(`node_modules/.built/${path.replace('.ts', '.mjs')}`)
  await build({
    entryPoints: [example(path)],
    outfile,
    bundle: true,
    packages: 'external',
    format: 'esm',
    logLevel: 'error',
  })
  return outfile
}

/** workerd takes a configuration, and the worker as one module. */
async function workerdConfig(folder: string, port: number): Promise<string> {
  await build({
    entryPoints: [here('hosts/workerd.js')],
    outfile: join(folder, 'worker.js'),
    bundle: true,
    format: 'esm',
    logLevel: 'error',
  })
  const path = join(folder, 'config.capnp')
  writeFileSync(
    path,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    modules = [(name = "worker", esModule = embed "worker.js")],
    compatibilityDate = "2026-11-01",
    compatibilityFlags = ["enable_request_signal"],
  ))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
`,
  )
  return path
}
