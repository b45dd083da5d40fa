// Every export of every entry is documented where it is declared, and everything that one can call has an example.
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from '../programs.ts'

interface Exported {
  readonly name: string
  readonly file: string
  /** It exists at run time. */
  readonly value: boolean
}

const manifest = JSON.parse(await readFile(`${root}package.json`, 'utf8'))
const entries = Object.values<{ types?: string }>(manifest.exports)
  .map(({ types }) => types)
  .filter((types) => types !== undefined)
  .map((types) => types.replace('./dist/', 'src/').replace('.d.ts', '.ts'))
const exported = (await Promise.all(entries.map(exportsOf))).flat()
const once = [...new Map(exported.map((each) => [`${each.name} of ${each.file}`, each])).entries()]

it('finds the exports', () => {
  expect(once.length).toBeGreaterThan(50)
})

describe.each(once)('%s', (_, { name, file, value }) => {
  it('is documented', async () => {
    expect(await commentOf(name, file)).toMatch(/^\/\*\*.+\*\/$/s)
  })

  if (value) {
    it('has an example', async () => {
      expect(await commentOf(name, file)).toMatch(/@example/)
    })
  }
})

async function exportsOf(entry: string): Promise<Exported[]> {
  const source = await readFile(root + entry, 'utf8')
  return [...source.matchAll(/^export (type )?\{(.+?)\} from '(.+?)'/gms)].flatMap(([, type, names, from]) =>
    names!
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '')
      .map((name) => ({
        name: name.replace(/^type /, ''),
        file: join(dirname(entry), from!),
        value: type === undefined && !name.startsWith('type '),
      })),
  )
}

/** The comment right above a declaration. */
async function commentOf(name: string, file: string): Promise<string> {
  const source = await readFile(root + file, 'utf8')
  const declaration = new RegExp(
    `(/\\*\\*(?:(?!\\*/).)*\\*/)\\n(?:export )?(?:declare |abstract )?(?:async )?(?:function\\*?|class|interface|type|const) ${name}\\b`,
    's',
  )
  return declaration.exec(source)?.[1] ?? `no comment above ${name} in ${file}`
}
