// The recipes for UI frameworks show the files that are tested, as they are.
import { readdir, readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { root } from '../programs.ts'

const guide = await readFile(`${root}docs/recipes/frameworks.md`, 'utf8')
const shown = new Map(
  [...guide.matchAll(/^```ts title="([^"]+)"(?: program)?\n(.*?)^```$/gms)].map(([, name, code]) => [name!, code!]),
)

it.each(['react', 'vue', 'svelte', 'solid', 'tanstack-query', 'rxjs', 'openai'])('%s', async (folder) => {
  const [file, ...others] = await readdir(`${root}examples/${folder}`)
  expect(others).toEqual([])
  expect(guide).toContain(`(../../examples/${folder}/${file})`)
  expect(shown.get(file!)).toBe(await readFile(`${root}examples/${folder}/${file}`, 'utf8'))
})
