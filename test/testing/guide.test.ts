// The guide to testing shows tests that run, as they are.
import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { root } from '../programs.ts'

const guide = await readFile(`${root}docs/testing.md`, 'utf8')
const shown = new Map(
  [...guide.matchAll(/^```ts title="(.+?)"\n(.*?)^```$/gms)].map(([, name, code]) => [name!, code!]),
)

it.each([
  ['client.test.ts', 'test/testing/examples/client.test.ts'],
  ['component.test.ts', 'test/testing/examples/component.test.ts'],
  ['server.test.ts', 'test/testing/examples/server.test.ts'],
  ['msw.test.ts', 'test/dom/msw-recipes.test.ts'],
])('%s is %s', async (name, file) => {
  expect(shown.get(name)).toBe(await readFile(root + file, 'utf8'))
  shown.delete(name)
})

it('shows no other file', () => {
  expect([...shown.keys()]).toEqual([])
})
