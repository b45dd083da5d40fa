import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { BUN, DENO, type Engine, NODE, WORKERD } from './engines.ts'
import { workerdConfig } from './workerd.ts'

const hosts = (path: string): string => fileURLToPath(new URL(`../../examples/hosts/${path}`, import.meta.url))

const onNode = (name: string): Engine => ({
  name,
  runtime: 'node',
  host: 'fetch',
  example: true,
  command: [NODE, hosts(`${name.toLowerCase()}/server.ts`)],
})

/** The examples: one stream in every web framework. */
export const examples: readonly Engine[] = [
  ...['Express', 'Fastify', 'Koa', 'Hono', 'h3', 'srvx'].map(onNode),
  { name: 'Nest', runtime: 'node', host: 'node:http', example: true, command: [NODE], prepare: buildNest },
  { ...onNode('Plain HTML'), command: [NODE, hosts('html/server.ts')] },
  { name: 'SvelteKit', runtime: 'node', host: 'fetch', example: true, command: [NODE], prepare: buildSvelteKit },
  { name: 'Next', runtime: 'node', host: 'fetch', example: true, command: [NODE], prepare: buildNext },
  {
    name: 'Next, in development',
    runtime: 'node',
    host: 'fetch',
    example: true,
    command: [NODE],
    prepare: developNext,
    stopsWith: 'SIGTERM',
  },
  { name: 'Hono on Bun', runtime: 'bun', host: 'fetch', example: true, command: [BUN, hosts('hono/server.bun.ts')] },
  { name: 'Elysia', runtime: 'bun', host: 'fetch', example: true, command: [BUN, hosts('elysia/server.ts')] },
  {
    name: 'a fetch handler on Bun',
    runtime: 'bun',
    host: 'fetch',
    example: true,
    command: [BUN, hosts('fetch/server.ts')],
  },
  {
    name: 'a fetch handler on Deno',
    runtime: 'deno',
    host: 'fetch',
    example: true,
    command: [DENO, 'serve', '--node-modules-dir=manual', '--no-lock', '-A'],
    prepare: async (_, port) => ['--host', '127.0.0.1', '--port', String(port), hosts('fetch/server.ts')],
  },
  {
    name: 'a fetch handler on workerd',
    runtime: 'workerd',
    host: 'fetch',
    example: true,
    command: [WORKERD, 'serve'],
    prepare: async (folder, port) => [await workerdConfig(hosts('fetch/server.ts'), folder, port)],
  },
]

/** Node runs TypeScript, but not its decorators. */
async function buildNest(): Promise<string[]> {
  const outfile = hosts('node_modules/.built/nest/server.mjs')
  await build({
    entryPoints: [hosts('nest/server.ts')],
    outfile,
    bundle: true,
    packages: 'external',
    format: 'esm',
    logLevel: 'error',
  })
  return [outfile]
}

async function buildSvelteKit(): Promise<string[]> {
  const vite = hosts('node_modules/vite/bin/vite.js')
  await promisify(execFile)(NODE, [vite, 'build', '--logLevel', 'error'], { cwd: hosts('sveltekit') })
  return [hosts('sveltekit/build/index.js')]
}

/** Next.js sends telemetry unless this variable disables it. */
process.env.NEXT_TELEMETRY_DISABLED = '1'

/** With the dev server, which runs effects twice. */
async function developNext(): Promise<string[]> {
  return [hosts('next/node_modules/next/dist/bin/next'), 'dev', hosts('next'), '--hostname', '127.0.0.1']
}

async function buildNext(): Promise<string[]> {
  const next = hosts('next/node_modules/next/dist/bin/next')
  await promisify(execFile)(NODE, [next, 'build'], { cwd: hosts('next') })
  return [next, 'start', hosts('next'), '--hostname', '127.0.0.1']
}
