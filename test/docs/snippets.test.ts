// Every TypeScript block of the README and the guides compiles, as a reader would paste it.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../programs.ts'

interface Snippet {
  readonly place: string
  readonly folder: string
  readonly file: string
  readonly code: string
}

const documents = ['README.md', ...(await readdir(`${root}docs`, { recursive: true })).map((name) => `docs/${name}`)]
  .filter(
    (name) =>
      name.endsWith('.md') && !/node_modules|docs\/(api|\.vitepress)\//.test(name) && name !== 'docs/ping-demo.md',
  ) // ping-demo has a test of its own
  .sort()
const snippets = (await Promise.all(documents.map(snippetsOf))).flat()

let folder: string
let diagnostics: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snippets-'))
  await symlink(`${root}node_modules`, join(folder, 'node_modules'))
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  for (const snippet of snippets) {
    await mkdir(join(folder, snippet.folder), { recursive: true })
    await writeFile(join(folder, snippet.folder, snippet.file), snippet.code)
  }
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: `${root}tsconfig.json`,
      compilerOptions: { noUnusedLocals: false },
      include: ['.'],
      exclude: ['node_modules'],
    }),
  )
  diagnostics = await promisify(execFile)(`${root}node_modules/.bin/tsc`, ['-p', folder, '--pretty', 'false']).then(
    () => '',
    (failure) => failure.stdout,
  )
}, 60_000)

afterAll(() => rm(folder, { recursive: true }))

describe('the snippet at', () => {
  it.each(snippets)('$place compiles', ({ folder, file }) => {
    const own = diagnostics.split('\n').filter((line) => line.includes(`${folder}/${file}(`))
    expect(own).toEqual([])
  })
})

it('has nothing else to complain about', () => {
  expect(diagnostics).toBe('')
})

/** Blocks with a title see each other as files; every other block is a module of its own. */
async function snippetsOf(document: string): Promise<Snippet[]> {
  const text = await readFile(root + document, 'utf8')
  const folder = document.replace(/\W/g, '_')
  return [...text.matchAll(/^```ts(?: title="(.+?)")?\n(.*?)^```$/gms)].map((block) => {
    const line = text.slice(0, block.index).split('\n').length
    const place = `${document}:${line}`
    const [, title, code] = block
    return title
      ? { place, folder, file: title, code: code! }
      : { place, folder: `${folder}_${line}`, file: 'snippet.ts', code: `${code}\nexport {}\n` }
  })
}
