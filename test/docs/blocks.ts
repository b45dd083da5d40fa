import { readdir, readFile } from 'node:fs/promises'
import { root } from '../programs.ts'
import type { Piece } from './workplace.ts'

/** A TypeScript block of a document. */
export interface Block extends Piece {
  readonly document: string
  /** Its fence says `program`: a reader can start it as it is. */
  readonly program: boolean
}

/** The import of a component by which the kind of its JSX is known. */
const JSX: readonly (readonly [imported: RegExp, source: string])[] = [
  [/from '(eventwire\/)?react'/, 'react'],
  [/from 'eventwire\/solid'/, 'solid-js'],
]

const documents = ['README.md', ...(await readdir(`${root}docs`, { recursive: true })).map((name) => `docs/${name}`)]
  .filter(
    (name) =>
      name.endsWith('.md') && !/node_modules|docs\/(api|\.vitepress)\//.test(name) && name !== 'docs/ping-demo.md',
  ) // ping-demo has a test of its own
  .sort()

/** Every block of the README and the guides. */
export const blocks: readonly Block[] = (await Promise.all(documents.map(blocksOf))).flat()

/** The blocks that are compiled together. */
export const compiled: readonly Block[] = blocks.filter(({ file }) => file !== 'elysia.ts')

/** Blocks with a title see each other as files; every other block is a module of its own. */
async function blocksOf(document: string): Promise<Block[]> {
  const text = await readFile(root + document, 'utf8')
  const folder = document.replace(/\W/g, '_')
  return [...text.matchAll(/^```(tsx?)\b(.*)\n((?:.*\n)*?)```$/gm)].map((block) => {
    const line = text.slice(0, block.index).split('\n').length
    const place = `${document}:${line}`
    const [, language, info, code] = block as unknown as [string, string, string, string]
    const known = /^(?: title="(.+?)")?( program)?$/.exec(info)
    if (known === null) throw new Error(`${place}: a block cannot be \`${language}${info}\``)
    const [, title, program] = known
    const named = title ? { folder, file: title } : { folder: `${folder}_${line}`, file: `snippet.${language}` }
    return { document, place, ...named, code: withJsx(code, language), program: program !== undefined }
  })
}

function withJsx(code: string, language: string): string {
  const [, source] = (language === 'tsx' && JSX.find(([imported]) => imported.test(code))) || []
  return source === undefined ? code : `/** @jsxImportSource ${source} */ ${code}`
}
