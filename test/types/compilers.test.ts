// Every statement of the type tests holds in TypeScript 5.9, 6 and 7.
import { expect, it } from 'vitest'
import { compile, compilers } from '../compilers/compilers.ts'
import { root } from '../programs.ts'

it.each(compilers)('TypeScript $version agrees', async (compiler) => {
  expect(await compile(compiler, `${root}test/types`, '--pretty', 'false')).toBe('')
})
