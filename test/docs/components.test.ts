// The components in the guides can be imported by a server that renders pages, without a document, and let it exit.
import { execFile } from 'node:child_process'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { blocks } from './blocks.ts'
import { layOut, type Workplace } from './workplace.ts'

const components = blocks.filter(({ file }) => file.endsWith('.tsx'))
const run = promisify(execFile)
let workplace: Workplace

beforeAll(async () => {
  workplace = await layOut(components)
})
afterAll(() => workplace.remove())

it('there are some, for React and for Solid', () => {
  expect(components.map(({ file }) => file)).toEqual(expect.arrayContaining(['clock.tsx', 'clock-solid.tsx']))
})

it.each(components)('$file can be imported, rendered and left', async (component) => {
  const react = component.code.includes('@jsxImportSource react')
  const path = workplace.pathOf(component)
  const outfile = path.replace(/tsx$/, 'mjs')
  const render = `import { createElement } from 'react'
    import { renderToString } from 'react-dom/server'
    console.log(renderToString(createElement(Clock)))`
  await build({
    stdin: {
      contents: `import { Clock } from ${JSON.stringify(path)}\n${react ? render : 'console.log(typeof Clock)'}`,
      resolveDir: dirname(path),
    },
    outfile,
    bundle: true,
    packages: 'external',
    format: 'esm',
    jsx: react ? 'automatic' : 'transform',
  })
  const { stdout, stderr } = await run(process.execPath, [outfile], { timeout: 60_000 })
  expect(stdout.trim()).toBe(react ? '<p class="paused">no ping yet</p>' : 'function')
  expect(stderr).toBe('')
})
