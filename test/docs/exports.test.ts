// Every export of every entry, types too, is documented where it is declared, with an example that the tests beside this run.
import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { root } from '../programs.ts'
import { examples } from './examples.ts'
import { publicExports } from './exports.ts'

it('finds the exports', () => {
  expect(publicExports.length).toBeGreaterThan(50)
  expect(publicExports.map(([, { name }]) => name)).toContain('redisLog')
})

describe.each(publicExports)('%s', (_, { name, file }) => {
  it('is documented', async () => {
    expect(await commentOf(name, file)).toMatch(/^\/\*\*.+\*\/$/s)
  })

  it('has an example that uses it', () => {
    const own = examples.filter((example) => example.name === name && example.source === file)
    expect(own.filter(({ code }) => new RegExp(`\\b${name}\\b`).test(code))).not.toEqual([])
  })
})

/** The comment right above a declaration. */
async function commentOf(name: string, file: string): Promise<string> {
  const source = await readFile(root + file, 'utf8')
  const declaration = new RegExp(
    `(/\\*\\*(?:(?!\\*/).)*\\*/)\\n(?:export )?(?:declare |abstract )?(?:async )?(?:function\\*?|class|interface|type|const) ${name}\\b`,
    's',
  )
  return declaration.exec(source)?.[1] ?? `no comment above ${name} in ${file}`
}
