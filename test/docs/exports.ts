import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { root } from '../programs.ts'

/** An export of an entry of the package. */
export interface Exported {
  readonly name: string
  readonly file: string
  /** Whether only its type is exported. */
  readonly isType: boolean
}

const manifest = JSON.parse(await readFile(`${root}package.json`, 'utf8'))
const entries = Object.entries<{ types?: string }>(manifest.exports).flatMap(([name, { types }]) =>
  types === undefined ? [] : [[name, types.replace('./dist/', 'src/').replace('.d.ts', '.ts')] as const],
)

/** The exports of each entry, by its name in `exports` of the manifest. */
export const entryExports: Readonly<Record<string, readonly Exported[]>> = Object.fromEntries(
  await Promise.all(entries.map(async ([name, file]) => [name, await exportsOf(file)])),
)

/** The exports of all entries, each once, with its name in the tests. */
export const publicExports: readonly (readonly [string, Exported])[] = [
  ...new Map(
    Object.values(entryExports)
      .flat()
      .map((each) => [`${each.name} of ${each.file}`, each]),
  ).entries(),
]

async function exportsOf(entry: string): Promise<Exported[]> {
  const source = await readFile(root + entry, 'utf8')
  const passedOn = [...source.matchAll(/^export (type )?\{(.*?)\} from '(.+?)'/gms)].flatMap(
    ([, allTypes, names, from]) =>
      names!
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '')
        .map((name) => ({
          name: name.replace(/^type /, ''),
          file: join(dirname(entry), from!),
          isType: allTypes !== undefined || name.startsWith('type '),
        })),
  )
  const own = [...source.matchAll(/^export (?:async )?(function\*?|class|const|interface|type) (\w+)/gm)].map(
    ([, kind, name]) => ({ name: name!, file: entry, isType: kind === 'interface' || kind === 'type' }),
  )
  return [...passedOn, ...own]
}
