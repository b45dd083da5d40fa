/** The declarations of `on()`: a bare emitter as the floor, Eventwire as it is, and Eventwire at an earlier commit. */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

export const FLOOR = 'floor: a bare emitter'

const EMITTER = `
interface Emitter<Events> {
  on<Name extends keyof Events & string>(type: Name, listener: (data: Events[Name]) => void): () => void
}
declare const source: Emitter<AppEvents>
`

const SUBSCRIPTION = `
import { subscribe } from 'eventwire/client'
const source = subscribe<AppEvents>('https://example.com/events')
`

/** Lays out a project for each contestant; returns what declares `source`, and where. */
export function layOut(folder: string, before: string | undefined) {
  const contestants = new Map([[FLOOR, { folder: join(folder, 'floor'), source: EMITTER }]])
  if (before !== undefined) {
    const name = `Eventwire at ${before.slice(0, 7)}`
    contestants.set(name, { folder: join(folder, 'before'), source: SUBSCRIPTION })
    emit(checkOut(before, join(folder, 'sources')), join(folder, 'before'))
  }
  contestants.set('Eventwire', { folder: join(folder, 'now'), source: SUBSCRIPTION })
  emit(root, join(folder, 'now'))
  for (const { folder } of contestants.values()) {
    mkdirSync(folder, { recursive: true })
    const compilerOptions = { strict: true, target: 'es2022', module: 'nodenext', lib: ['es2022', 'dom'], types: [] }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  }
  return contestants
}

/** The declarations of the package, where a program finds them. */
function emit(sources: string, folder: string): void {
  const modules = join(folder, 'node_modules/eventwire')
  mkdirSync(modules, { recursive: true })
  cpSync(join(sources, 'package.json'), join(modules, 'package.json'))
  const words = ['-p', join(sources, 'tsconfig.build.json'), '--outDir', join(modules, 'dist')]
  execFileSync(`${root}node_modules/.bin/tsc`, words, { stdio: 'inherit' })
}

function checkOut(commit: string, folder: string): string {
  mkdirSync(folder, { recursive: true })
  const parts = ['src', 'package.json', 'tsconfig.json', 'tsconfig.build.json']
  const archive = execFileSync('git', ['archive', commit, ...parts], { cwd: root, maxBuffer: 1e9 })
  execFileSync('tar', ['-x', '-C', folder], { input: archive })
  symlinkSync(`${root}node_modules`, join(folder, 'node_modules'))
  return folder
}
