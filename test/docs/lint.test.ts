// Every TypeScript block of the README and the guides passes typescript-eslint's `strictTypeChecked`, which knows the types of the
// package: what may be left unawaited, what may be detached, and that nothing is `any`.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compilers } from '../compilers/compilers.ts'
import { root } from '../programs.ts'
import { compiled as blocks } from './blocks.ts'
import { layOut, type Workplace } from './workplace.ts'

interface Report {
  readonly filePath: string
  readonly messages: readonly { readonly ruleId: string | null; readonly message: string; readonly line: number }[]
}

const folder = `${root}test/compilers/`
const installed = compilers.some(({ version }) => version === '5.9')

describe.runIf(installed)('the snippet at', () => {
  let workplace: Workplace
  let reports: readonly Report[]

  beforeAll(async () => {
    workplace = await layOut(blocks)
    reports = await lint(workplace.folder)
  }, 120_000)

  afterAll(() => workplace.remove())

  it.each(blocks)('$place passes', (block) => {
    const path = workplace.pathOf(block)
    const report = reports.find(({ filePath }) => filePath.endsWith(path))
    expect(report?.messages.map(({ ruleId, message, line }) => `${line}: ${message} (${ruleId})`)).toEqual([])
  })
})

async function lint(place: string): Promise<Report[]> {
  const config = `${folder}eslint.config.js`
  const words = [
    `${folder}node_modules/eslint/bin/eslint.js`,
    '--no-config-lookup',
    '-c',
    config,
    '--format',
    'json',
    '.',
  ]
  const options = { cwd: place, maxBuffer: 1e8 }
  const output = await promisify(execFile)(process.execPath, words, options).then(
    ({ stdout }) => stdout,
    (failure: { stdout?: string }) => failure.stdout || Promise.reject(failure),
  )
  return JSON.parse(output)
}
