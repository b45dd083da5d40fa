// The linter's walls hold: each room may import what the table of CONTRIBUTING.md says, and every other import is an error. One run of
// the linter over a copy of its configuration judges a file in each room, with an import of every other room, in each form.
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { root } from '../programs.ts'

/** The rooms that a word of the table stands for. `node:` and a framework are packages. */
const WORDS: Record<string, readonly string[]> = {
  shared: ['src/shared', 'src/shared/wire', 'src/shared/events', 'src/shared/fold'],
  'shared/errors.ts': ['src/shared'],
  wire: ['src/shared/wire'],
  log: ['src/server/log'],
  stream: ['src/server/stream'],
  channel: ['src/server/channel'],
  runs: ['src/server/runs'],
  transport: ['src/client/transport'],
  subscription: ['src/client/subscription'],
  bindings: ['src/client/bindings'],
  'client/options.ts': ['src/client'],
  client: ['src/client', 'src/client/transport', 'src/client/subscription'],
  testing: ['src/testing'],
  diagnostics: ['src/diagnostics'],
  cli: ['src/cli'],
  'node:': ['node:fs'],
  framework: [],
}

/** Rooms of the table, with what each may import. */
const table = readFileSync(`${root}CONTRIBUTING.md`, 'utf8').matchAll(/^\| (`src\/[^|]+) \| [^|]+ \| ([^|]+) \|$/gm)
const rooms = new Map(
  [...table].flatMap(([, names, allowed]) =>
    [...names!.matchAll(/`(src\/[^`]+)`/g)].map(([, room]) => [room!, roomsOf(allowed!)] as const),
  ),
)
const targets = [
  ...new Set([
    ...rooms.keys(),
    ...WORDS.shared!,
    'src/client',
    'src/server/log/redis',
    'node:fs',
    'eventwire',
    'eventwire/server',
  ]),
]
const forms: readonly ((specifier: string) => string)[] = [
  (specifier) => `import { x } from '${specifier}'`,
  (specifier) => `import type { x } from '${specifier}'`,
  (specifier) => `export { x } from '${specifier}'`,
  (specifier) => `import '${specifier}'`,
  (specifier) => `await import('${specifier}')`,
]
const verdicts = new Map<string, Set<number>>()

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'walls-'))
  try {
    const settings = JSON.parse(readFileSync(`${root}biome.json`, 'utf8'))
    writeFileSync(
      join(folder, 'biome.json'),
      JSON.stringify({ ...settings, $schema: undefined, vcs: { enabled: false } }),
    )
    for (const room of rooms.keys()) {
      mkdirSync(join(folder, fileIn(room), '..'), { recursive: true })
      writeFileSync(join(folder, fileIn(room)), importsOf(room))
    }
    for (const [file, line] of await violations(folder)) {
      verdicts.set(file, (verdicts.get(file) ?? new Set()).add(line))
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}, 30_000)

it('finds the rooms', () => {
  expect(rooms.size).toBeGreaterThan(25)
})

describe.each([...rooms])('%s', (room, allowed) => {
  const others = targets.filter((target) => target !== room)

  it('imports what it may', () => {
    expect(others.filter((target) => allowed.includes(target) && isRefused(room, target))).toEqual([])
  })

  it('imports nothing else', () => {
    const refused = (target: string) => allowed.includes(target) || isWithin(target, room) || isRefused(room, target)
    expect(others.filter((target) => !refused(target))).toEqual([])
  })
})

function roomsOf(words: string): string[] {
  return words.split(', ').flatMap((word) => {
    const rooms = WORDS[word.replaceAll('`', '').trim()]
    if (rooms === undefined) throw new Error(`CONTRIBUTING.md lets a room import ${word}, which is not a room`)
    return rooms
  })
}

/** Whether every form of an import is an error. When only some are, the wall has a hole. */
function isRefused(room: string, target: string): boolean {
  const first = targets.indexOf(target) * forms.length + 1
  const refused = forms.filter((_, form) => verdicts.get(fileIn(room))?.has(first + form))
  if (refused.length > 0 && refused.length < forms.length)
    throw new Error(`${room}, ${target}: only ${refused.map((form) => form(target))} is refused`)
  return refused.length > 0
}

/** A room in another one is a part of it. */
function isWithin(target: string, room: string): boolean {
  return target.startsWith(`${room}/`)
}

function fileIn(room: string): string {
  return room.endsWith('.ts') ? room : `${room}/probe.ts`
}

/** One line for each room and form, in a fixed order. */
function importsOf(room: string): string {
  return targets.flatMap((target) => forms.map((form) => `${form(specifierOf(room, target))}\n`)).join('')
}

function specifierOf(room: string, target: string): string {
  if (!target.startsWith('src/')) return target
  const path = relative(join(fileIn(room), '..'), target.endsWith('.ts') ? target : `${target}/any.ts`)
  return path.startsWith('.') ? path : `./${path}`
}

/** The file and the line of each import that the linter refuses. */
async function violations(folder: string): Promise<(readonly [string, number])[]> {
  const words = ['lint', '--only=style/noRestrictedImports', '--max-diagnostics=none', '--reporter=github', '.']
  const { stdout } = await promisify(execFile)(`${root}node_modules/.bin/biome`, words, {
    cwd: folder,
    maxBuffer: 1e8,
  }).catch((failure: { stdout: string }) => failure)
  return [...stdout.matchAll(/title=lint\/style\/noRestrictedImports,file=([^,]+),line=(\d+)/g)].map(
    ([, file, line]) => [relative(folder, file!), Number(line)] as const,
  )
}
