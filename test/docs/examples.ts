import { readdir, readFile } from 'node:fs/promises'
import { root } from '../programs.ts'
import type { Piece } from './workplace.ts'

/** An `@example` of a docstring. */
export interface Example extends Piece {
  /** Of what is documented: an export, or one of its members. */
  readonly name: string
  readonly source: string
}

const DOCSTRING = /^ *\/\*\*\n((?:(?!\*\/).*\n)*?) *\*\/\n *(.*)$/gm
const DECLARED = /^(?:export )?(?:abstract |async |readonly )*(?:function\*? |class |interface |type |const )?(\w+)/

const sources = (await readdir(`${root}src`, { recursive: true }))
  .map((name) => `src/${name}`)
  .filter((name) => name.endsWith('.ts') && !name.startsWith('src/cli/'))
  .sort()

/** Every example of what the package exports, and of their members. */
export const examples: readonly Example[] = (await Promise.all(sources.map(examplesOf))).flat()

async function examplesOf(source: string): Promise<Example[]> {
  const text = await readFile(root + source, 'utf8')
  const found = [...text.matchAll(DOCSTRING)].flatMap((docstring) => {
    const [, comment, declaration] = docstring as unknown as [string, string, string]
    const name = DECLARED.exec(declaration)?.[1] ?? declaration
    const first = text.slice(0, docstring.index).split('\n').length
    const lines = comment.split('\n').map((line) => line.replace(/^ *\* ?/, ''))
    return lines.flatMap((line, index) => {
      if (line !== '@example') return []
      const rest = lines.slice(index + 1)
      const end = rest.findIndex((next) => next.startsWith('@'))
      const code = rest.slice(0, end === -1 ? undefined : end).join('\n')
      const at = first + index + 1
      return {
        place: `${source}:${at}`,
        folder: 'examples',
        file: `${source.replace(/\W/g, '_')}_${at}.ts`,
        code,
        name,
        source,
      }
    })
  })
  if (text.split('@example').length - 1 !== found.length)
    throw new Error(`${source} has an @example that is not a block of lines`)
  return found
}
