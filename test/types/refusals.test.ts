// Invalid calls do not compile, and the messages of TypeScript 5.9, 6 and 7 help. Each refused call stands in
// test/types/refused under comments with the text of the compilers: `refuses: …` within the first lines, `ends with: …` in
// the last one, where the compiler descends through iterators.
import { readdir, readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { compile, compilers } from '../compilers/compilers.ts'
import { root } from '../programs.ts'

/** Nobody reads a message beyond its first lines. */
const LINES = 5

const COMMENT = /^\/\/ (refuses|ends with)(?: in (.+?))?: (.+)$/
const folder = `${root}test/types/refused/`
const sources = (await readdir(folder)).filter((name) => name.endsWith('.ts'))
const refused = (await Promise.all(sources.map(refusalsOf))).flat()

describe.each(compilers)('TypeScript $version refuses', (compiler) => {
  const complaints = new Map<string, { message: string; related: string }>()

  beforeAll(async () => {
    const output = await compile(compiler, folder, '--pretty', 'true')
    const heads = [...output.matchAll(/^\S*?([^/\s]+\.ts):(\d+):\d+ - error TS\d+: /gm)]
    heads.forEach((head, index) => {
      const [message = '', ...related] = output
        .slice(head.index + head[0].length, heads[index + 1]?.index)
        .split('\n\n')
      complaints.set(`${head[1]}:${head[2]}`, { message, related: withoutCode(related.join('\n')) })
    })
  })

  const own = refused.filter(({ versions }) => versions === undefined || versions.includes(compiler.version))

  it.each(own)('$place $code', ({ place, atEnd, text }) => {
    const { message, related } = complaints.get(place) ?? { message: 'it compiles', related: '' }
    const lines = message.split('\n')
    expect(atEnd ? lines.at(-1) : [...lines.slice(0, LINES), related].join('\n')).toContain(text)
  })

  it('nothing else', () => {
    expect([...complaints.keys()].sort()).toEqual([...new Set(own.map(({ place }) => place))].sort())
  })
})

/** The lines of the source that the compiler repeats are not its own words. */
function withoutCode(text: string): string {
  return text
    .split('\n')
    .filter((line) => !/^\s*(?:\d+ |~+$)/.test(line))
    .join('\n')
}

async function refusalsOf(source: string) {
  const lines = (await readFile(folder + source, 'utf8')).split('\n')
  return lines.flatMap((line, index) => {
    const [, kind, versions, text] = COMMENT.exec(line) ?? []
    if (text === undefined) return []
    const next = lines.findIndex((line, at) => at > index && !COMMENT.test(line))
    const place = `${source}:${next + 1}`
    return [{ place, versions: versions?.split(' and '), atEnd: kind === 'ends with', text, code: lines[next]! }]
  })
}
