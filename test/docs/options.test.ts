// Every option says in its docstring what it is, in which unit a number counts and what holds without it; and whatever throws
// says with which code.
import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { root } from '../programs.ts'
import { errorCodes } from './error-codes.ts'
import { publicExports } from './exports.ts'

/** A member of an options object, or of a policy within one. */
interface Option {
  readonly name: string
  readonly type: string
  /** Its docstring, and that of its interface. */
  readonly own: string
  readonly general: string
  readonly optional: boolean
}

/** A unit of time or size, the plural of what is counted, or the word for a number without a unit. Any sentence will do. */
const UNIT =
  /\b(ms|milliseconds|seconds|[KM]i?B|bytes|characters|events|entries|messages|connections|attempts|retries|factor|ratio|status)\b/i
/** The tag, or a sentence on the option left out. */
const DEFAULT = /@default \S|\b(default|without|unless|omitted|left out)\b/i

const exported = publicExports.map(([, { name, file }]) => ({ name, file }))
const sources = new Map(
  await Promise.all(exported.map(async ({ file }) => [file, await readFile(root + file, 'utf8')] as const)),
)
const options = exported
  .filter(({ name }) => /(Options|Policy)$/.test(name))
  .flatMap(({ name, file }) => optionsOf(name, sources.get(file)!))
const throwing = [...sources]
  .map(([file, source]) => [file, promisesOf(source)] as const)
  .filter(([, all]) => all.length > 0)

it('finds the options, and what throws', () => {
  const names = options.map(({ name }) => name)
  expect(names.length).toBeGreaterThan(50)
  expect(names).toEqual(
    expect.arrayContaining(['StreamOptions.heartbeat', 'RedisLogOptions.maxAge', 'RetryPolicy.min']),
  )
})

it.each(options)('$name is documented', ({ own }) => {
  expect(own.split('@')[0]).toMatch(/\w{3}/)
})

it.each(options.filter(({ type }) => /\bnumber\b/.test(type)))('$name names its unit', ({ own, general }) => {
  expect(own + general).toMatch(UNIT)
})

it.each(options.filter(hasDefault))('$name names its default', ({ own, general }) => {
  expect(own + general).toMatch(DEFAULT)
})

it.each(throwing)('%s names the code of each error that is thrown', (_, promises) => {
  expect(promises.filter((promise) => !namesCode(promise))).toEqual([])
})

/** A number, a switch or a word, which is something else when nobody gives it; a callback is just not called. */
function hasDefault({ optional, type }: Option): boolean {
  return optional && /\b(number|boolean|false)\b|'/.test(type.replace(/\(\(.*?\) => .*?\)|<.*>/g, ''))
}

function namesCode(text: string): boolean {
  return [...text.matchAll(/`([a-z-]+)`/g)].some((match) => errorCodes.includes(match[1]!))
}

/** The texts after `@throws {EventwireError}` in a source, each up to the next tag. */
function promisesOf(source: string): string[] {
  return [...source.matchAll(/@throws \{EventwireError\}((?:(?!\n *\* @|\*\/).)*)/gs)].map((match) => match[1]!)
}

function optionsOf(owner: string, source: string): Option[] {
  const declared = new RegExp(`(/\\*\\*(?:(?!\\*/).)*\\*/)\\nexport interface ${owner}\\b[^\\n]*\\{\\n(.*?)\\n\\}`, 's')
  const [, above = '', body = ''] = declared.exec(source) ?? []
  const general = above.split('@example')[0]!
  const members = body.matchAll(/^(?: {2}\/\*\*((?:(?!\*\/).)*)\*\/\n)? {2}readonly (\w+)(\??): ([^\n]+)$/gms)
  return [...members].map(([, own = '', name, mark, type]) => ({
    name: `${owner}.${name}`,
    type: type!,
    own,
    general,
    optional: mark === '?',
  }))
}
