/**
 * What does a library cost before it does anything? The time to import it in a new process, what it weighs in a bundle (minified, gzip),
 * and what it puts on the disk, its dependencies included.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build as bundle } from 'esbuild'
import { build, figures, type Results, save } from './figures.ts'

const ROUNDS = Number(process.env.ROUNDS ?? 9)
const FLOOR = 'floor: node:http'
const here = fileURLToPath(new URL('.', import.meta.url))

/** What one imports of each, and the package that brings it. */
const contestants: Record<string, { readonly code: string; readonly packages: readonly string[] }> = {
  [FLOOR]: { code: "import 'node:http'", packages: [] },
  'eventwire/node: createStream': { code: "export { createStream } from '../dist/server/node/index.js'", packages: [] },
  'eventwire/server: createChannel': { code: "export { createChannel } from '../dist/server/index.js'", packages: [] },
  'eventwire/client: subscribe': { code: "export { subscribe } from '../dist/client/index.js'", packages: [] },
  'better-sse': { code: "export { createSession, createChannel } from 'better-sse'", packages: ['better-sse'] },
  'hono/streaming': { code: "export { streamSSE } from 'hono/streaming'", packages: ['hono'] },
  'h3: createEventStream': { code: "export { createEventStream } from 'h3'", packages: ['h3', 'srvx', 'rou3'] },
  eventsource: { code: "export { EventSource } from 'eventsource'", packages: ['eventsource', 'eventsource-parser'] },
  'eventsource-client': {
    code: "export { createEventSource } from 'eventsource-client'",
    packages: ['eventsource-client', 'eventsource-parser'],
  },
  '@microsoft/fetch-event-source': {
    code: "export { fetchEventSource } from '@microsoft/fetch-event-source'",
    packages: ['@microsoft/fetch-event-source'],
  },
}

export async function run(): Promise<void> {
  build()
  const names = Object.keys(contestants)
  const time: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = 0; round < ROUNDS; round++)
    for (const name of names) time[name]!.push(importTime(contestants[name]!.code))
  const weight: Record<string, number[]> = {}
  const disk: Record<string, number[]> = {}
  for (const name of names.slice(1)) {
    const { code, packages } = contestants[name]!
    weight[name] = [await bundled(code)]
    const own = packages.length === 0 ? size(join(here, '../dist')) + size(join(here, '../src')) : 0
    disk[name] = [
      (own + packages.reduce((sum, dependency) => sum + size(join(here, 'node_modules', dependency)), 0)) / 1000,
    ]
  }
  const results: Results = { 'ms to import': time, 'kB in a bundle, min + gzip': weight, 'kB on the disk': disk }
  const table = figures(results, FLOOR)
  console.log(table)
  await save(
    'startup',
    results,
    `# Before anything happens

The time to import a library in a new process, medians of ${ROUNDS} interleaved rounds; what it weighs in a bundle, minified with esbuild and
gzipped; and what it puts on the disk with its dependencies. Less is better. The ratios of time are to importing \`node:http\`, those
of size to the first row. Node ${process.version}. Run it: \`npm run bench -- startup\`.

${table}
`,
  )
}

/** Milliseconds for the import alone, in a process of its own. */
function importTime(code: string): number {
  const specifier = /'([^']+)'$/.exec(code)![1]!
  const script = `const begin = performance.now(); await import('${specifier}'); console.log(performance.now() - begin)`
  return Number(execFileSync('node', ['--input-type=module', '-e', script], { cwd: here, encoding: 'utf8' }))
}

async function bundled(code: string): Promise<number> {
  const { outputFiles } = await bundle({
    stdin: { contents: code, resolveDir: here },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    external: ['node:*'],
    write: false,
    logLevel: 'silent',
  })
  return gzipSync(outputFiles[0]!.contents, { level: 9 }).length / 1000
}

function size(path: string): number {
  if (!existsSync(path)) return 0
  const stats = statSync(path)
  if (!stats.isDirectory()) return readFileSync(path).length
  return readdirSync(path).reduce((sum, name) => sum + size(join(path, name)), 0)
}
