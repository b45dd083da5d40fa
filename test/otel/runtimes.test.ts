// Metrics and diagnostics are the same in every runtime that is installed; npm run test:runtimes brings those beside Node and Bun.
import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { root } from '../programs.ts'

const extra = (path: string) => `${root}test/runtimes/node_modules/${path}`
const PROCESSES = [
  ['Node 20', extra('node-20/bin/node'), []],
  ['Node 24', process.execPath, []],
  ['Node 26', extra('node-26/bin/node'), []],
  ['Bun', `${root}node_modules/.bin/bun`, []],
  ['Deno', extra('@deno/linux-x64-glibc/deno'), ['run', '--no-config']],
] as const
const WORKERD = extra('@cloudflare/workerd-linux-64/bin/workerd')

const EXPECTED = {
  opened: 1,
  active: 0,
  delivered: 1,
  published: 1,
  lag: 1,
  diagnostics: ['stream.opened', 'events.delivered', 'stream.closed'],
}

const CONFIG = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    modules = [(name = "worker", esModule = embed "worker.mjs")],
    compatibilityDate = "2026-11-01",
  ))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'otel-runtimes-'))
  await build({
    entryPoints: ['process.ts', 'worker.ts'].map((file) => `${root}test/otel/runtimes/${file}`),
    bundle: true,
    format: 'esm',
    external: ['node:*'],
    outdir: folder,
    outExtension: { '.js': '.mjs' },
  })
})
afterAll(() => rm(folder, { recursive: true }))

for (const [name, program, args] of PROCESSES) {
  it.skipIf(!process.env.CI && !existsSync(program))(name, async () => {
    const { stdout } = await promisify(execFile)(program, [...args, join(folder, 'process.mjs')], { timeout: 60_000 })
    expect(JSON.parse(stdout)).toEqual(EXPECTED)
  })
}

it.skipIf(!process.env.CI && !existsSync(WORKERD))(
  'workerd, where nodejs_compat is the default since 2026-08-04',
  async () => {
    await writeFile(join(folder, 'config.capnp'), CONFIG)
    const child = spawn(WORKERD, ['serve', 'config.capnp', '--control-fd=3'], {
      cwd: folder,
      stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
    })
    onTestFinished(() => void child.kill())
    let port: number | undefined
    for await (const line of createInterface({ input: child.stdio[3] as Readable })) {
      port = JSON.parse(line).port
      if (port) break
    }
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).json()).toEqual(EXPECTED)
  },
)
