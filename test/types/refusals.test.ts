// Invalid calls do not compile, and the compiler's text names the mistake: each refused call stands in test/types/refused under
// a comment with the compiler's text.
import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = `${root}test/types/refused/`
const sources = (await readdir(folder)).filter((name) => name.endsWith('.ts'))
const refused = (await Promise.all(sources.map(refusalsOf))).flat()
const diagnostics = new Map<string, string>()

beforeAll(async () => {
  const output = await compile()
  const heads = [...output.matchAll(/^\S*?([^/\s]+\.ts)\((\d+),\d+\): error TS\d+: /gm)]
  heads.forEach((head, index) => {
    diagnostics.set(`${head[1]}:${head[2]}`, output.slice(head.index + head[0].length, heads[index + 1]?.index))
  })
})

describe('the compiler refuses', () => {
  it.each(refused)('$place $code', ({ place, text }) => {
    expect(diagnostics.get(place)).toContain(text)
  })

  it('nothing else', () => {
    expect([...diagnostics.keys()].sort()).toEqual(refused.map(({ place }) => place).sort())
  })
})

async function compile(): Promise<string> {
  const tsc = `${root}node_modules/.bin/tsc`
  const run = promisify(execFile)(tsc, ['-p', folder, '--pretty', 'false'], { maxBuffer: 1e7 })
  return run.then(
    () => '',
    (failure: { stdout: string }) => failure.stdout,
  )
}

async function refusalsOf(source: string) {
  const lines = (await readFile(folder + source, 'utf8')).split('\n')
  return lines.flatMap((line, index) => {
    const text = /^\/\/ refuses: (.+)$/.exec(line)?.[1]
    return text === undefined ? [] : [{ place: `${source}:${index + 2}`, text, code: lines[index + 1]! }]
  })
}
