// The built package has the entries that it names, each with what it promises, and nothing of Node where Node is not.
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { root } from '../programs.ts'

const manifest = JSON.parse(await readFile(`${root}package.json`, 'utf8'))
const entries = Object.entries<{ types: string; default: string }>(manifest.exports).filter(
  ([name]) => !name.endsWith('.json'),
)

/** The public names by entry; to add or remove one changes the public API. */
const NAMES: Record<string, string[]> = {
  '.': [
    'EventwireError',
    'createParser',
    'defineEvents',
    'encodeEvent',
    'eventsWithCodec',
    'fold',
    'isEventwireError',
    'json',
    'text',
  ],
  './react': ['useEvents'],
  './vue': ['useEvents'],
  './svelte': ['useEvents'],
  './solid': ['useEvents'],
  './server': ['createChannel', 'createChannels', 'createStream', 'fromCursor', 'memoryLog', 'toCursor'],
  './client': ['eventSourceTransport', 'readEvents', 'subscribe'],
  './hub': ['createHub'],
  './poll': ['poll'],
  './node': ['createStream', 'respond'],
  './redis': ['redisLog'],
  './runs': ['createRuns'],
  './sqlite': ['sqliteLog'],
  './mcp': ['createEventStore'],
  './gzip': ['gzip'],
  './diagnostics': [],
  './pages': ['pages'],
  './otel': ['instrument', 'traceparents'],
  './testing': ['collectEvents', 'createTestClient', 'createTestClock', 'createTestServer', 'eventLogTests'],
}

describe.each(entries)('eventwire%s', (name, { types, default: file }) => {
  it('exports what it promises', async () => {
    expect(Object.keys(await import(join(root, file))).sort()).toEqual(NAMES[name])
  })

  it('has the same declarations for resolvers that do not read `exports`', () => {
    const { '.': main = manifest.types, [name.slice(2)]: [mapped] = [] } = manifest.typesVersions['*']
    expect(name === '.' ? main : mapped).toBe(types)
  })

  it('has declarations', async () => {
    expect(await readFile(join(root, types), 'utf8')).toContain('export')
  })
})

/** The library that a binding is for, and the module that an entry publishes to. */
const LIBRARIES: Record<string, string> = {
  './diagnostics': 'node:diagnostics_channel',
  './react': 'react',
  './vue': 'vue',
  './svelte': 'svelte/reactivity',
  './solid': 'solid-js',
}

it.each(entries.filter(([name]) => name !== './node'))(
  'eventwire%s imports nothing but its own chunks, and the library that it is for',
  async (name, entry) => {
    const library = LIBRARIES[name]
    expect(await importsOf(join(root, entry.default))).toEqual(library ? [library] : [])
  },
)

it('bundlers keep an import of eventwire/diagnostics, which has no names', async () => {
  const { outputFiles } = await build({
    stdin: { contents: "import './dist/diagnostics/index.js'", resolveDir: root },
    bundle: true,
    format: 'esm',
    external: ['node:*'],
    write: false,
    logLevel: 'error',
  })
  expect(outputFiles[0]!.text).toContain('eventwire:stream.opened')
})

it('has no run-time dependencies', () => {
  expect(manifest.dependencies).toBeUndefined()
})

/** The imports of a file and its chunks from outside the package. */
async function importsOf(file: string, seen = new Set<string>()): Promise<string[]> {
  if (seen.has(file)) return []
  seen.add(file)
  const code = await readFile(file, 'utf8')
  const specifiers = [
    ...code.matchAll(/^(?:import|export|\}).*?["']([^"'\n]+)["'];?$|\bimport\(["'](.+?)["']\)/gm),
  ].map((match) => match[1] ?? match[2]!)
  const own = specifiers.filter((specifier) => specifier.startsWith('.'))
  const behind = await Promise.all(own.map((specifier) => importsOf(join(dirname(file), specifier), seen)))
  return [...specifiers.filter((specifier) => !specifier.startsWith('.')), ...behind.flat()]
}
