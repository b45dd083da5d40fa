// The routes on the page about web frameworks serve a channel as they stand there. Nest's, which Node cannot run without a
// build, is compiled here and run by test/runtimes.
import { existsSync } from 'node:fs'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { readEvents } from '../../src/client/index.ts'
import { freePort } from '../free-port.ts'
import { root, start } from '../programs.ts'
import { BUN, DENO, WORKERD } from '../runtimes/engines.ts'
import { blocks } from './blocks.ts'
import { addressOf, startProgram } from './run-program.ts'
import { layOut, type Workplace } from './workplace.ts'

interface AppEvents {
  message: { from: string; text: string }
}

const page = blocks.filter(({ document }) => document === 'docs/recipes/hosts.md')
let workplace: Workplace
let folder: string

beforeAll(async () => {
  workplace = await layOut(page)
  folder = dirname(workplace.pathOf(page[0]!))
  await symlink(`${root}examples/hosts/node_modules/elysia`, join(workplace.folder, 'node_modules', 'elysia'))
})

afterAll(() => workplace.remove())

/** Publishes for as long as somebody may read. */
const PUBLISHING = `import { channel } from './channel.ts'
setInterval(() => channel.publish('message', { from: 'the test', text: 'hello' }), 20)
`

async function runWith(name: string, code: string) {
  const file = join(folder, `run-${name}.ts`)
  await writeFile(file, PUBLISHING + code)
  const program = await startProgram(file, {})
  onTestFinished(() => void program.stop('SIGKILL'))
  return program
}

const listening: Record<string, string> = {
  express: "import { app } from './express.ts'\napp.listen(3000)\n",
  koa: "import { app } from './koa.ts'\napp.listen(3000)\n",
  fastify: "import { app } from './fastify.ts'\nawait app.listen({ port: 0, host: '127.0.0.1' })\n",
}

describe("the page's route", () => {
  it('in Elysia compiles', async () => {
    const config = {
      extends: `${root}tsconfig.json`,
      compilerOptions: { paths: {}, types: [] },
      include: [],
      files: ['elysia.ts'],
    }
    await writeFile(join(folder, 'tsconfig.elysia.json'), JSON.stringify(config))
    const tsc = await start('tsc', ['-p', 'tsconfig.elysia.json', '--pretty', 'false'], {}, folder)
    expect([await tsc.exited(), tsc.output()]).toEqual([0, ''])
  })

  it.each(Object.entries(listening))('in %s serves the channel', async (name, code) => {
    const program = await runWith(name, code)
    const response = await fetch(`${await addressOf(program)}/events`)
    for await (const { type, data } of readEvents<AppEvents>(response)) {
      expect([type, data]).toEqual(['message', { from: 'the test', text: 'hello' }])
      break
    }
    expect(program.errors()).toBe('')
  })

  it.each([
    ['hono', "import { app } from './hono.ts'\nconst response = await app.request('/events')"],
    [
      'next',
      // Where another chunk has a copy of the module, it publishes to the same channel.
      `import { GET } from './route.ts'
const { channel: ofThePage } = await import('./shared-channel.ts?another-chunk')
setInterval(() => ofThePage.publish('message', { from: 'the test', text: 'hello' }), 20)
const response = GET(new Request('http://localhost/events'))`,
    ],
    [
      'sveltekit',
      "import { GET } from './+server.ts'\nconst response = GET({ request: new Request('http://localhost/') })",
    ],
  ])('in %s serves the channel', async (name, code) => {
    const reading = `import { collectEvents } from 'eventwire/testing'
${code}
const [event] = await collectEvents(response, { count: 1 })
console.log(JSON.stringify(event.data))
process.exit()
`
    const program = await runWith(name, reading)
    expect(await program.exited()).toBe(0)
    expect(program.output()).toBe('{"from":"the test","text":"hello"}\n')
  })

  it.each([
    ['Bun', BUN, () => ['bun.ts']],
    ['Elysia on Bun', BUN, () => ['run-elysia.ts']],
    [
      'Deno',
      DENO,
      (port: number) => ['serve', '-A', '--no-config', '--node-modules-dir=manual', '--port', `${port}`, 'deno.ts'],
    ],
  ] as const)('in %s serves the channel', async (_, command, argsFor) => {
    const port = await freePort()
    await writeFile(join(folder, 'channel.ts'), `${page[0]!.code}\n${ticking}`)
    await writeFile(join(folder, 'bun.ts'), codeOf('bun.ts').replace('port: 3000', `port: ${port}`))
    await writeFile(join(folder, 'run-elysia.ts'), `import { app } from './elysia.ts'\napp.listen(${port})\n`)
    const program = await start(command, [...argsFor(port)], {}, folder)
    onTestFinished(async () => {
      await program.stop('SIGKILL')
      await writeFile(join(folder, 'channel.ts'), page[0]!.code)
    })
    const url = `http://127.0.0.1:${port}/events`
    await expect
      .poll(() =>
        fetch(url, { method: 'HEAD' }).then(
          ({ ok }) => ok,
          () => false,
        ),
      )
      .toBe(true)
    expect(await firstEvent(url)).toEqual(['message', { from: 'the test', text: 'hello' }])
  })

  it.skipIf(!existsSync(WORKERD))('in a Worker serves the channel of its Durable Object', async () => {
    const port = await freePort()
    await build({
      entryPoints: [join(folder, 'worker.ts')],
      outfile: join(folder, 'worker.js'),
      bundle: true,
      format: 'esm',
      logLevel: 'error',
    })
    await mkdir(join(folder, 'objects'))
    await writeFile(join(folder, 'config.capnp'), workerdConfig(port))
    const program = await start(WORKERD, ['serve', join(folder, 'config.capnp')])
    onTestFinished(async () => void (await program.stop('SIGKILL')))
    const url = `http://127.0.0.1:${port}/lobby`
    const body = JSON.stringify({ from: 'the test', text: 'hello' })
    const post = () =>
      fetch(url, { method: 'POST', body }).then(
        ({ status }) => status,
        () => 0,
      )
    await expect.poll(post).toBe(204)
    const event = firstEvent(url)
    expect(await post()).toBe(204)
    const timer = setInterval(post, 100)
    onTestFinished(() => clearInterval(timer))
    expect(await event).toEqual(['message', { from: 'the test', text: 'hello' }])
  })
})

const ticking = "setInterval(() => channel.publish('message', { from: 'the test', text: 'hello' }), 20)\n"

function codeOf(name: string): string {
  return page.find(({ file }) => file === name)!.code
}

async function firstEvent(url: string): Promise<unknown> {
  const response = await fetch(url)
  for await (const { type, data } of readEvents<AppEvents>(response)) return [type, data]
  return undefined
}

function workerdConfig(port: number): string {
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker", esModule = embed "worker.js")],
      compatibilityDate = "2026-11-01",
      compatibilityFlags = ["enable_request_signal"],
      durableObjectNamespaces = [(className = "Room", uniqueKey = "rooms", enableSql = true)],
      durableObjectStorage = (localDisk = "objects"),
      bindings = [(name = "ROOMS", durableObjectNamespace = "Room")],
    )),
    (name = "objects", disk = (path = ${JSON.stringify(join(folder, 'objects'))}, writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
`
}
