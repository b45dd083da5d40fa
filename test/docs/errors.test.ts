// Every error code has its entry in the guide, and the guide has no other.
import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { root } from '../programs.ts'
import { errorCodes } from './error-codes.ts'

it('docs/errors.md has one heading a code', async () => {
  const guide = await readFile(`${root}docs/errors.md`, 'utf8')
  const headings = [...guide.matchAll(/^## (.+)$/gm)].map((match) => match[1])
  expect(errorCodes.length).toBeGreaterThan(10)
  expect(headings.sort()).toEqual([...errorCodes].sort())
})
