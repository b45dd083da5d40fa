// Every error code has its entry in the guide, and the guide has no other.
import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { root } from '../programs.ts'

it('docs/errors.md has one heading a code', async () => {
  const source = await readFile(`${root}src/shared/errors.ts`, 'utf8')
  const union = source.slice(source.indexOf('export type EventwireErrorCode'), source.indexOf('/** The evidence'))
  const codes = [...union.matchAll(/'([\w-]+)'/g)].map((match) => match[1])
  const guide = await readFile(`${root}docs/errors.md`, 'utf8')
  const headings = [...guide.matchAll(/^## (.+)$/gm)].map((match) => match[1])
  expect(codes.length).toBeGreaterThan(10)
  expect(headings.sort()).toEqual(codes.sort())
})
