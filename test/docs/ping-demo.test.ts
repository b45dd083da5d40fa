// docs/ping-demo.md rebuilds the demo from an empty folder, on Node and on Bun: its blocks are the files of
// examples/ping, they type-check, and they run.
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../free-port.ts'
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
  it.each([...files.keys()].filter((name) => name !== 'tsconfig.json'))(
    'shows examples/ping/%s as it is',
    async (name) => {
      expect(files.get(name)).toBe(await readFile(`${root}examples/ping/${name}`, 'utf8'))
    },
  )

  it('has every file that the demo needs', () => {
    expect([...files.keys()].sort()).toEqual([
      'events.ts',
      'hello-client.ts',
      'hello-server.ts',
      'index.html',
      'native.html',
      'page.ts',
      'pings.ts',
      'server.bun.ts',
      'server.ts',
      'style.css',
      'time.ts',
      'tsconfig.json',
      'view.ts',
    ])
  })

  it('names the packages that its commands need', () => {
    expect(guide).toContain('npm install --save-dev typescript @types/node esbuild')
    for (const command of ['npx tsc', 'bunx tsc']) expect(guide).toContain(command)
  })

  it.each(['node', 'bun'])('type-checks with its own tsconfig for %s', async (types) => {
    expect(await typeErrors(types)).toBe('')
  })

  it.each([
    ['hello-server.ts', 'time: string', ['hello-client.ts', 'hello-server.ts']],
    ['events.ts', 'time: string', ['page.ts', 'pings.ts']],
  ])('has the compiler report both sides once %s is renamed', async (name, member, reported) => {
    const path = join(folder, name)
    await writeFile(path, files.get(name)!.replace(member, 'at: string'))
    try {
      const errors = await typeErrors('node')
      expect([...new Set(errors.match(/^[\w-]+\.ts/gm))].sort()).toEqual(reported)
    } finally {
      await writeFile(path, files.get(name)!)
    }
  })

  it.each(['node', 'bun'])('prints a first event after two files on %s', async (runtime) => {
    const port = String(await freePort())
    for (const file of ['hello-server.ts', 'hello-client.ts']) expect(guide).toContain(`${runtime} ${file}`)
    const server = await start(runtime, ['hello-server.ts'], { PORT: port }, folder)
    const client = await start(runtime, ['hello-client.ts'], { PORT: port }, folder)
    try {
      await client.line(/^\d{4}-\d\d-\d\dT\S+Z\n/)
    } finally {
      await Promise.all([client.stop(), server.stop()])
    }
  })

  it.each([
    ['Node', 'node server.ts'],
    ['Bun', 'bun server.bun.ts'],
  ])('serves on %s before the page is bundled and native.html is there', async (_, serve) => {
    const native = join(folder, 'native.html')
    await Promise.all([rm(native), rm(join(folder, 'page.js'), { force: true })])
    const server = await program(serve)
    const address = (await server.line(/http:\S+/))[0]
    try {
      for (const path of ['/native', '/page.js']) expect((await fetch(address + path)).status).toBe(404)
      expect(await textOf(address)).toBe(files.get('index.html'))
    } finally {
      await Promise.all([server.stop(), writeFile(native, files.get('native.html')!)])
    }
  })

  it.each([
    ['Node', 'esbuild page.ts --bundle --format=esm --outfile=page.js', 'node server.ts'],
    ['Bun', 'bun build page.ts --outfile=page.js', 'bun server.bun.ts'],
  ])('runs with its own commands on %s', async (_, bundle, serve) => {
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
  })
})

/** The compiler's errors in the folder. Node has no types of Bun's server, so a reader there leaves that file out. */
async function typeErrors(types: string): Promise<string> {
  const tsconfig = files.get('tsconfig.json')!
  expect(tsconfig).toContain('"types": ["node"]')
  await writeFile(join(folder, 'tsconfig.json'), tsconfig.replace('["node"]', `["${types}"]`))
  const bunOnly = join(folder, 'server.bun.ts')
  if (types === 'node') await rm(bunOnly)
  try {
    const { stdout } = await run(`${root}node_modules/.bin/tsc`, ['-p', folder, '--pretty', 'false'], { cwd: folder })
    return stdout
  } catch (failure) {
    return (failure as { stdout: string }).stdout
  } finally {
    if (types === 'node') await writeFile(bunOnly, files.get('server.bun.ts')!)
  }
}

async function textOf(url: string): Promise<string> {
  return (await fetch(url)).text()
}

async function firstPing(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(60_000) })
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
