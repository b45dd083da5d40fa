// The recipes for UI frameworks and for rendered pages show the files that are tested, as they are.
import { readdir, readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { root } from '../programs.ts'

const guide = await readFile(`${root}docs/recipes/frameworks.md`, 'utf8')
const shown = new Map(
  [...guide.matchAll(/^```ts title="([^"]+)"(?: program)?\n(.*?)^```$/gms)].map(([, name, code]) => [name!, code!]),
)

it.each(['tanstack-query', 'rxjs', 'openai'])('%s', async (folder) => {
  const [file, ...others] = await readdir(`${root}examples/${folder}`)
  expect(others).toEqual([])
  expect(guide).toContain(`(../../examples/${folder}/${file})`)
  expect(shown.get(file!)).toBe(await readFile(`${root}examples/${folder}/${file}`, 'utf8'))
})

const pages = await readFile(`${root}docs/recipes/rendered-pages.md`, 'utf8')
const files = {
  'board.ts': 'board.ts',
  'page.ts': 'html/page.ts',
  'page.tsx': 'next/app/board/page.tsx',
  'notes.tsx': 'next/app/board/notes.tsx',
  'route.ts': 'next/app/board/events/route.ts',
  '+page.server.ts': 'sveltekit/src/routes/board/+page.server.ts',
  '+page.svelte': 'sveltekit/src/routes/board/+page.svelte',
}

it.each(Object.entries(files))('rendered pages: %s', async (title, path) => {
  const [, code] = new RegExp(`^\`\`\`\\w+ title="${title.replace('+', '\\+')}"\\n(.*?)^\`\`\`$`, 'ms').exec(pages)!
  const file = await readFile(`${root}examples/hosts/${path}`, 'utf8')
  // On the page the board is beside each file.
  expect(code).toBe(file.replace(/'(\.\.\/)+board\.ts'/, "'./board.ts'"))
})
