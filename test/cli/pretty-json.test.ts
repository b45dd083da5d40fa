// JSON is laid out as it was written: nothing of it changes but the space between.
import { assert, json, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { prettyJson } from '../../src/cli/pretty-json.ts'

const plain = (text: string) => prettyJson(text, (_, token) => token)

describe('pretty JSON', () => {
  it('is what JSON.stringify makes of the value', () => {
    assert(
      property(json(), (text) => {
        const value = JSON.parse(text)
        expect(plain(text)).toBe(JSON.stringify(value, undefined, 2))
        expect(plain(JSON.stringify(value, undefined, '\t'))).toBe(JSON.stringify(value, undefined, 2))
      }),
    )
  })

  it('keeps numbers, escapes and repeated keys as they came', () => {
    expect(plain('{"a":1.0e+2,"a":12345678901234567890,"b":"\\u0041\\"\\\\"}')).toBe(
      '{\n  "a": 1.0e+2,\n  "a": 12345678901234567890,\n  "b": "\\u0041\\"\\\\"\n}',
    )
  })

  it('names the kind of each piece', () => {
    const seen: string[] = []
    prettyJson('{"k" : ["s", -1, true, null, {}]}', (token, text) => {
      seen.push(`${token} ${text}`)
      return text
    })
    expect(seen.filter((piece) => !piece.startsWith('mark'))).toEqual([
      'key "k"',
      'string "s"',
      'number -1',
      'literal true',
      'literal null',
    ])
  })

  it('does not indent for ever', () => {
    const deep = 5_000
    expect(plain('['.repeat(deep) + ']'.repeat(deep)).length).toBeLessThan(deep * 150)
  })
})
