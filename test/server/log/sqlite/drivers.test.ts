// The log in SQLite keeps its contract with the drivers of other runtimes: better-sqlite3, bun:sqlite and Deno's node:sqlite.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { root } from '../../../programs.ts'
import { bundle } from './bundle.ts'
import { Folder } from './databases.ts'

const engines = `${root}test/runtimes/node_modules/`
let folder: Folder
let program: string

beforeAll(async () => {
  program = await bundle('contract-process')
})
beforeEach(() => {
  folder = new Folder()
})
afterEach(() => folder.remove())

/** The package is compiled for the Node that installed it. */
function nodeOfBetterSqlite(): string | undefined {
  const path = (process.env.PATH ?? '').split(delimiter).map((place) => join(place, 'node'))
  const nodes = [join(engines, 'node-20/bin/node'), ...path, process.execPath].filter((node) => existsSync(node))
  const load = "new (require('better-sqlite3'))(':memory:')"
  return nodes.find((node) => spawnSync(node, ['-e', load], { cwd: root }).status === 0)
}

const deno = join(engines, '@deno/linux-x64-glibc/deno')
const runtimes: [driver: string, command: string | undefined, ...args: string[]][] = [
  ['better-sqlite3', nodeOfBetterSqlite()],
  ['bun:sqlite', join(root, 'node_modules/.bin/bun')],
  ['node:sqlite in Deno', existsSync(deno) ? deno : undefined, 'run', '-A', '--no-lock', '--node-modules-dir=manual'],
]

for (const [driver, command, ...args] of runtimes) {
  if (command === undefined && process.env.CI) throw new Error(`There is nothing that runs ${driver}: npm install`)
  it.skipIf(command === undefined)(
    driver,
    () => {
      const { stdout, stderr } = spawnSync(command!, [...args, program, driver, folder.path], {
        encoding: 'utf8',
        cwd: root,
        timeout: 60_000,
      })
      expect(`${stdout}${stderr.replace(/^.*ExperimentalWarning.*\n.*\n/m, '')}`).toMatch(/^\d+ and 2 passed\n$/)
    },
    90_000,
  )
}
