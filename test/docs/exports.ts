import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { root } from '../programs.ts'

/** An export of an entry of the package. */
export interface Exported {
  readonly name: string
  readonly file: string
}

const manifest = JSON.parse(await readFile(`${root}package.json`, 'utf8'))
const entries = Object.values<{ types?: string }>(manifest.exports)
  .map(({ types }) => types)
  .filter((types) => types !== undefined)
  .map((types) => types.replace('./dist/', 'src/').replace('.d.ts', '.ts'))
const all = (await Promise.all(entries.map(exportsOf))).flat()

/** The exports of all entries, each once, with its name in the tests. */
export const publicExports: readonly (readonly [string, Exported])[] = [
  ...new Map(all.map((each) => [`${each.name} of ${each.file}`, each])).entries(),
]

async function exportsOf(entry: string): Promise<Exported[]> {
  const source = await readFile(root + entry, 'utf8')
  const passedOn = [...source.matchAll(/^export (?:type )?\{(.+?)\} from '(.+?)'/gms)].flatMap(([, names, from]) =>
    names!
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '')
      .map((name) => ({
        name: name.replace(/^type /, ''),
        file: join(dirname(entry), from!),
      })),
  )
  const own = [...source.matchAll(/^export (?:async )?(?:function\*?|class|const|interface|type) (\w+)/gm)].map(
    ([, name]) => ({ name: name!, file: entry }),
  )
  return [...passedOn, ...own]
}
