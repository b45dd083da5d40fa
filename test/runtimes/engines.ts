import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../free-port.ts'
import { workerdConfig } from './workerd.ts'

/** A server under test: one engine running one host. */
export interface Engine {
  readonly name: string
  readonly runtime: 'node' | 'bun' | 'deno' | 'workerd'
  readonly host: 'node:http' | 'fetch'
  readonly command: readonly [program: string, ...args: string[]]
  /** It is an example of a host, and does what those do. */
  readonly example?: true
  /** Makes what has to be there before it starts, in a folder of its own; resolves to further arguments. */
  readonly prepare?: (folder: string, port: number) => Promise<string[]>
  /**
   * How it is stopped, where it has a child of its own to end.
   * @default 'SIGKILL'
   */
  readonly stopsWith?: NodeJS.Signals
}

export interface RunningEngine {
  readonly port: number
  readonly process: ChildProcess
  /** The engine's output on stdout so far. */
  output(): string
  /** The engine's output on stderr so far. */
  errors(): string
  stop(): Promise<void>
}

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const inModules = (path: string): string => here(`node_modules/${path}`)

export const NODE: string = here('../../node_modules/.bin/node')
const NODES: readonly (readonly [name: string, program: string])[] = [
  ['Node 20', inModules('node-20/bin/node')],
  ['Node 24', NODE],
  ['Node 26', inModules('node-26/bin/node')],
]
export const BUN: string = here('../../node_modules/.bin/bun')
export const DENO: string = inModules('@deno/linux-x64-glibc/deno')
export const WORKERD: string = inModules('@cloudflare/workerd-linux-64/bin/workerd')

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
    command: [WORKERD, 'serve'],
    prepare: async (folder, port) => [await workerdConfig(here('hosts/workerd.js'), folder, port)],
  },
]

/** Starts an engine on a free port of 127.0.0.1 and waits until it answers. */
export async function start(engine: Engine): Promise<RunningEngine> {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'runtime-'))
  const [program, ...args] = engine.command
  args.push(...((await engine.prepare?.(folder, port)) ?? []))
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
      child.kill(engine.stopsWith ?? 'SIGKILL')
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
