// docs/ping-demo.md rebuilds the demo from an empty folder, on Node and on Bun: its blocks are the files of
// examples/ping, they type-check, and they run.
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Running, root, start } from '../programs.ts'

const run = promisify(execFile)
const guide = await readFile(`${root}docs/ping-demo.md`, 'utf8')
const files = new Map(
  [...guide.matchAll(/^```\w+ title="(.+?)"\n(.*?)^```$/gms)].map((block) => [block[1]!, block[2]!]),
)

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ping-'))
  for (const [name, text] of files) await writeFile(join(folder, name), text)
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  await mkdir(join(folder, 'node_modules'))
  await mkdir(join(folder, 'node_modules/eventwire'))
  await cp(`${root}package.json`, join(folder, 'node_modules/eventwire/package.json'))
  await cp(`${root}dist`, join(folder, 'node_modules/eventwire/dist'), { recursive: true })
  for (const dependency of ['@types', 'bun-types', 'undici-types']) {
    await symlink(`${root}node_modules/${dependency}`, join(folder, 'node_modules', dependency))
  }
})

afterAll(() => rm(folder, { recursive: true }))

describe('the guide', () => {
  it.each([...files.keys()])('shows examples/ping/%s as it is', async (name) => {
    expect(files.get(name)).toBe(await readFile(`${root}examples/ping/${name}`, 'utf8'))
  })

  it('has every file that the demo needs', () => {
    expect([...files.keys()].sort()).toEqual([
      'events.ts',
      'index.html',
      'native.html',
      'page.ts',
      'pings.ts',
      'server.bun.ts',
      'server.ts',
      'style.css',
      'time.ts',
    ])
  })

  it.each([
    ['Node', 'node', ['server.ts', 'page.ts']],
    ['Bun', 'bun', ['server.bun.ts', 'page.ts']],
  ])('type-checks for %s', async (_, types, entries) => {
    await writeFile(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          strict: true,
          target: 'es2022',
          lib: ['es2023', 'esnext.disposable', 'dom', 'dom.iterable'],
          module: 'nodenext',
          types: [types],
          allowImportingTsExtensions: true,
          erasableSyntaxOnly: true,
          noEmit: true,
          skipLibCheck: true,
        },
        files: entries,
      }),
    )
    await run(`${root}node_modules/.bin/tsc`, ['-p', folder]).catch((failure) => expect.fail(failure.stdout))
  })

  it.each([
    ['Node', 'esbuild page.ts --bundle --format=esm --outfile=page.js', 'node server.ts'],
    ['Bun', 'bun build page.ts --outfile=page.js', 'bun server.bun.ts'],
  ])(
    'runs with its own commands on %s',
    async (_, bundle, serve) => {
      expect(guide).toContain(bundle)
      expect(guide).toContain(serve)
      const bundled = await program(bundle)
      expect(await bundled.exited()).toBe(0)
      const server = await program(serve)
      const address = (await server.line(/http:\S+/))[0]
      try {
        expect(await textOf(address)).toBe(files.get('index.html'))
        expect(await textOf(`${address}/page.js`)).toContain('text/event-stream')
        expect(await firstPing(`${address}/sse`)).toMatch(/^: heartbeat=\d+\nevent: ping\ndata: \{"time":"[^"]+"\}\n\n/)
        await server.line(/closed by the client/)
      } finally {
        await server.stop()
      }
    },
    30_000,
  )
})

async function textOf(url: string): Promise<string> {
  return (await fetch(url)).text()
}

async function firstPing(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) })
  let wire = ''
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    wire += chunk
    if (wire.includes('ping') && wire.endsWith('\n\n')) break
  }
  return wire
}

function program(line: string): Promise<Running> {
  const [command, ...args] = line.split(' ')
  return start(command!, args, { PORT: '0' }, folder)
}
