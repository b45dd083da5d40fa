import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { root } from '../programs.ts'

/** A version of TypeScript that the public types are held to. */
export interface Compiler {
  readonly version: '5.9' | '6' | '7'
  readonly folder: string
}

const all: readonly Compiler[] = [
  { version: '5.9', folder: `${root}test/compilers/node_modules/typescript` },
  { version: '6', folder: `${root}test/compilers/node_modules/typescript-6` },
  { version: '7', folder: `${root}node_modules/typescript` },
]

/** The compilers that are installed; a run that must be complete ends here when one is missing. */
export const compilers = all.filter(({ version, folder }) => {
  if (existsSync(folder)) return true
  const text = `TypeScript ${version} is missing: node scripts/install-compilers.ts`
  if (process.env.CI) throw new Error(text)
  console.log(text)
  return false
})

/** Compiles a project and returns what the compiler prints, without colours. */
export async function compile({ folder }: Compiler, project: string, ...options: string[]): Promise<string> {
  const words = [`${folder}/bin/tsc`, '-p', project, ...options]
  const output = await promisify(execFile)(process.execPath, words, { maxBuffer: 1e8 }).then(
    ({ stdout }) => stdout,
    (failure: { stdout?: string }) => failure.stdout || Promise.reject(failure),
  )
  return output.replace(/\x1b\[[\d;]*m/g, '')
}
