// The calls of these tests to the clients of other projects compile against their own types.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../../', import.meta.url))

it('compiles', () => {
  const words = ['node_modules/typescript/bin/tsc', '--noEmit', '-p', 'test/clients/vendors/tsconfig.json']
  const { stdout, stderr } = spawnSync(process.execPath, words, { cwd: root, encoding: 'utf8' })
  expect(stdout + stderr).toBe('')
})
