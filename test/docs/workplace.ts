import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { root } from '../programs.ts'

/** TypeScript from the documentation, as the file that a reader would paste it into. */
export interface Piece {
  /** Where it stands in the documentation. */
  readonly place: string
  readonly folder: string
  readonly file: string
  readonly code: string
}

/** A folder with the pieces as files, which finds the package, and what the project has installed, under their names. */
export interface Workplace {
  readonly folder: string
  pathOf(piece: Piece): string
  /** The compiler's errors for all pieces, one a line. */
  compile(): Promise<string[]>
  remove(): Promise<void>
}

const SETTINGS = {
  extends: `${root}tsconfig.json`,
  compilerOptions: { noUnusedLocals: false, jsx: 'preserve', experimentalDecorators: true },
  include: ['.'],
  // Its types bring Bun's, which change the globals of all others: hosts.test.ts compiles it by itself.
  exclude: ['node_modules', '**/elysia.ts'],
}

/** Packages that only the pages about them need, by the folder where they are installed. */
const VENDORS = {
  'test/compilers': ['openai', '@anthropic-ai', 'ai'],
  'test/clients': ['@ag-ui', '@ai-sdk', '@modelcontextprotocol'],
}

export async function layOut(pieces: readonly Piece[]): Promise<Workplace> {
  const folder = await mkdtemp(join(tmpdir(), 'docs-'))
  const pathOf = ({ folder: own, file }: Piece) => join(folder, own, file)
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  await install(join(folder, 'node_modules'))
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(SETTINGS))
  for (const piece of pieces) {
    await mkdir(join(folder, piece.folder), { recursive: true })
    await writeFile(pathOf(piece), piece.code)
  }
  return {
    folder,
    pathOf,
    compile: () => compile(folder),
    remove: () => rm(folder, { recursive: true }),
  }
}

async function install(modules: string): Promise<void> {
  await mkdir(modules)
  await symlink(root, join(modules, 'eventwire'))
  for (const name of await readdir(`${root}node_modules`)) {
    if (!name.startsWith('.')) await symlink(`${root}node_modules/${name}`, join(modules, name))
  }
  for (const [folder, names] of Object.entries(VENDORS)) {
    for (const name of names) {
      const path = `${root}${folder}/node_modules/${name}`
      if (existsSync(path)) await symlink(path, join(modules, name))
      else console.log(`${name} is missing: node scripts/install-${folder.slice('test/'.length)}.ts`)
    }
  }
}

async function compile(folder: string): Promise<string[]> {
  const output = await promisify(execFile)(`${root}node_modules/.bin/tsc`, ['-p', folder, '--pretty', 'false']).then(
    () => '',
    (failure) => failure.stdout || `${failure}`,
  )
  return output.split('\n').filter((line: string) => line !== '')
}

/** The complaints about one piece. */
export function about({ folder, file }: Piece, complaints: readonly string[]): string[] {
  return complaints.filter((line) => line.includes(`${folder}/${file}(`))
}
