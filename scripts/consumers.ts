/**
 * Installs the packed package as strangers would: compiles a program that uses every entry under three versions of TypeScript, both
 * resolvers, with and without DOM types, libraries checked; runs it in Node 20, 24, Bun and Deno; emits the declarations of
 * programs that import one entry each; and runs the first programs of the documentation. `npm run test:consumers`.
 */
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BINDINGS, EVERY_ENTRY, FRAMEWORKS } from './consumers/bindings.ts'
import { advisedOptions, quickStarts, runQuickStart, writeQuickStart } from './consumers/documented.ts'

const root = fileURLToPath(new URL('../', import.meta.url))
const engines = `${root}test/runtimes/node_modules/`
const inferred = `${root}test/package/declarations/`
const folder = mkdtempSync(join(tmpdir(), 'consumers-'))

const PROGRAM = `
import { defineEvents, isEventwireError, json, text } from 'eventwire'
import { readEvents, subscribe, type Subscription } from 'eventwire/client'
import { createStream as createNodeStream, type RequestLike, respond, type ResponseLike } from 'eventwire/node'
import type { DiagnosticMessages } from 'eventwire/diagnostics'
import 'eventwire/diagnostics'
import { gzip } from 'eventwire/gzip'
import { createHub } from 'eventwire/hub'
import { createEventStore } from 'eventwire/mcp'
import { pages } from 'eventwire/pages'
import { instrument } from 'eventwire/otel'
import { poll } from 'eventwire/poll'
import { redisLog } from 'eventwire/redis'
import { createRuns } from 'eventwire/runs'
import { createChannel, createStream, memoryLog } from 'eventwire/server'
import { sqliteLog } from 'eventwire/sqlite'
import { collectEvents } from 'eventwire/testing'

interface AppEvents {
  ping: { time: Date }
}
const events = defineEvents({ note: text(), ping: json<{ time: string }>() })

async function main(): Promise<void> {
  const names: (keyof DiagnosticMessages)[] = ['eventwire:stream.opened']
  if (names.length !== 1) throw new Error('no names')
  const channel = createChannel<AppEvents>({ log: memoryLog({ maxEvents: 10 }) })
  const response = channel.response(new Request('http://127.0.0.1/'))
  await channel.publish('ping', { time: new Date() })
  for await (const { data } of readEvents<AppEvents>(response)) {
    const time: string = data.time
    if (!/^\\d{4}-/.test(time)) throw new Error(time)
    break
  }
  const [first] = await collectEvents<AppEvents>(channel.response(new Request('http://127.0.0.1/'), { from: 'start' }), { count: 1 })
  if (first?.type !== 'ping') throw new Error('no ping')
  const stream = createStream(undefined, { events })
  if (!stream.send('note', 'text')) throw new Error('closed')
  stream.close()
  const subscription: Subscription<AppEvents> = subscribe<AppEvents>('http://127.0.0.1:9/')
  subscription.close()
  try {
    stream[Symbol.dispose]()
    createStream(undefined, { heartbeat: -1 })
  } catch (error) {
    if (!isEventwireError(error) || error.code !== 'invalid-option') throw error
  }
  const serve = (req: RequestLike, res: { raw: ResponseLike }) => respond(channel, req, res, { from: 'start' })
  for (const entry of [serve, createNodeStream, redisLog, sqliteLog, createEventStore, gzip, pages, poll, createHub, createRuns, instrument]) if (typeof entry !== 'function') throw new Error('an entry is empty')
  console.log('ok')
}
main()
`

const COMPILERS = { '5.9': 'ts59', '6.0': 'ts60', '7.0': 'ts70' }
const RESOLVERS = {
  nodenext: { module: 'nodenext', moduleResolution: 'nodenext' },
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
}
const LIBRARIES = {
  'without DOM types': { lib: ['es2022'], types: ['node'] },
  'with DOM types': { lib: ['es2022', 'dom', 'dom.iterable'], types: [] },
}

let failed = 0
let passed = 0

try {
  execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: root })
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))!
  const { devDependencies } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
  const dependencies = {
    ...Object.fromEntries(FRAMEWORKS.map((name) => [name, devDependencies[name]])),
    eventwire: `file:${tarball}`,
    '@types/node': '24.19.2',
    ts59: 'npm:typescript@5.9.3',
    ts60: 'npm:typescript@6.0.3',
    ts70: 'npm:typescript@7.0.2',
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', private: true, dependencies }))
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--silent'], { cwd: folder, stdio: 'inherit' })
  writeFileSync(join(folder, 'program.ts'), PROGRAM)
  writeFileSync(join(folder, 'bindings.ts'), BINDINGS)
  writeFileSync(join(folder, 'every-entry.js'), EVERY_ENTRY)

  for (const [version, compiler] of Object.entries(COMPILERS)) {
    for (const [resolver, resolution] of Object.entries(RESOLVERS)) {
      for (const [name, library] of Object.entries(LIBRARIES)) {
        compile(`TypeScript ${version}, ${resolver}, ${name}`, compiler, { ...resolution, ...library })
      }
    }
  }
  // The settings of older starters and of Nest: entries are found by `typesVersions`, and the program requires ES modules.
  compile('TypeScript 5.9, node10', COMPILERS['5.9'], {
    ...{ module: 'commonjs', moduleResolution: 'node10', ignoreDeprecations: '5.0', outDir: 'out-cjs' },
    ...LIBRARIES['without DOM types'],
  })
  for (const file of readdirSync(inferred)) {
    copyFileSync(inferred + file, join(folder, file))
    const isolated = file === 'isolated.ts' ? { isolatedDeclarations: true } : {}
    for (const [version, compiler] of Object.entries(COMPILERS)) {
      const options = { composite: true, rootDir: '.', outDir: 'out-declarations', ...isolated }
      compile(
        `TypeScript ${version}, declarations of ${file}`,
        compiler,
        { ...RESOLVERS.nodenext, ...LIBRARIES['with DOM types'], ...options },
        file,
      )
    }
  }
  for (const [version, compiler] of Object.entries(COMPILERS)) {
    const options = { ...RESOLVERS.bundler, ...LIBRARIES['with DOM types'], skipLibCheck: true }
    compile(`TypeScript ${version}, bindings`, compiler, options, 'bindings.ts')
  }
  run('Node 20', `${engines}node-20/bin/node`)
  run('Node 24', process.execPath)
  run('Bun', `${root}node_modules/.bin/bun`)
  run('Deno', `${engines}@deno/linux-x64-glibc/deno`, 'run', '-A', '--no-lock')
  for (const quickStart of quickStarts) {
    const files = writeQuickStart(folder, quickStart)
    compile(`the programs of ${quickStart.document}, compiled`, COMPILERS['7.0'], advisedOptions(), ...files)
    await attempt(`the programs of ${quickStart.document}, started`, () => runQuickStart(folder, files))
  }
} finally {
  rmSync(folder, { recursive: true })
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0

function compile(name: string, compiler: string, options: object, ...files: string[]): void {
  const path = join(folder, 'tsconfig.json')
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    target: 'es2022',
    skipLibCheck: false,
    outDir: 'out',
    ...options,
  }
  writeFileSync(path, JSON.stringify({ compilerOptions, files: files.length > 0 ? files : ['program.ts'] }))
  check(name, () => {
    mkdirSync(join(folder, 'out'), { recursive: true })
    execFileSync('node', [join(folder, 'node_modules', compiler, 'bin/tsc'), '-p', path], {
      cwd: folder,
      encoding: 'utf8',
    })
  })
}

/** Runs what a compiler has written, and imports every entry. */
function run(name: string, command: string, ...args: string[]): void {
  for (const file of ['out/program.js', 'every-entry.js']) {
    check(`${name}, ${file}`, () => {
      const options = { cwd: folder, encoding: 'utf8', timeout: 20_000 } as const
      const output = execFileSync(command, [...args, join(folder, file)], options)
      if (output !== 'ok\n') throw new Error(output)
    })
  }
}

function check(name: string, task: () => void): void {
  try {
    task()
    count(name)
  } catch (error) {
    count(name, error)
  }
}

async function attempt(name: string, task: () => Promise<void>): Promise<void> {
  await task().then(
    () => count(name),
    (error) => count(name, error),
  )
}

function count(name: string, error?: unknown): void {
  if (error === undefined) {
    passed++
    console.log(`ok    ${name}`)
    return
  }
  failed++
  const { stdout, stderr, message } = error as { stdout?: string; stderr?: string; message: string }
  console.log(`FAIL  ${name}\n${stdout || stderr || message}`)
}
