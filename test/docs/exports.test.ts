// Every export of every entry is documented where it is declared. Functions, and the types that people write by hand, have an example
// that the tests beside this run; a type that only describes a parameter or a result has a sentence.
import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { root } from '../programs.ts'
import { examples } from './examples.ts'
import { publicExports } from './exports.ts'

/** Types of functions and options of one's own, of logs, and of what is made for others to call. */
const WRITTEN_BY_HAND = [
  ...['Codec', 'StandardSchemaV1', 'EventOf', 'Received', 'Jsonify', 'OptionsFor', 'HeadersLike', 'EventwireErrorOf'],
  ...['StreamOptions', 'EventWriter', 'PipeSource', 'SendArguments', 'WrappedResponse'],
  ...['Channel', 'ChannelOptions', 'ChannelPipeSource', 'ReaderOptions', 'EventLog'],
  ...[
    'SubscribeOptions',
    'RetryPolicy',
    'RetryContext',
    'CursorStorage',
    'FetchLike',
    'Listenable',
    'SubscriptionState',
  ],
]

it('finds the exports', () => {
  const names = publicExports.map(([, { name }]) => name)
  expect(WRITTEN_BY_HAND.filter((name) => !names.includes(name))).toEqual([])
  expect(publicExports.length).toBeGreaterThan(50)
  expect(names).toContain('redisLog')
})

describe.each(publicExports)('%s', (_, { name, file }) => {
  it('is documented', async () => {
    expect(await commentOf(name, file)).toMatch(/^\/\*\*.+\*\/$/s)
  })

  it('has an example that uses it, unless it only describes a parameter or a result', async () => {
    const isType = /^export (?:interface|type)/m.test(await declarationOf(name, file))
    if (isType && !WRITTEN_BY_HAND.includes(name)) return
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

/** The line that declares an export. */
async function declarationOf(name: string, file: string): Promise<string> {
  const source = await readFile(root + file, 'utf8')
  return new RegExp(`^export .*\\b${name}\\b.*$`, 'm').exec(source)?.[0] ?? ''
}
