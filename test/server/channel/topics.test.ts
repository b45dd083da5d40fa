// A topic finds those who want it: by name, by pattern, once each, and nobody after they have gone.
import { describe, expect, it } from 'vitest'
import { checkPatterns, checkTopics, TopicIndex } from '../../../src/server/channel/topics.ts'

const matching = (patterns: Record<string, readonly string[] | undefined>, topics: readonly string[] | undefined) => {
  const index = new TopicIndex<string>()
  for (const [name, topics] of Object.entries(patterns)) index.add(topics, name)
  return [...index.match(topics)].sort()
}

describe('a reader', () => {
  it.each<[string[] | undefined, string[] | undefined, boolean]>([
    [['a'], ['a'], true],
    [['a'], ['b'], false],
    [['a'], ['a/b'], false],
    [['a/b'], ['a/b'], true],
    [['b', 'a'], ['x', 'a'], true],
    [['*'], ['a'], true],
    [['*'], ['a/b'], false],
    [['a/*'], ['a/b'], true],
    [['a/*'], ['a'], false],
    [['a/*/c'], ['a/b/c'], true],
    [['a/*/c'], ['a/b/d'], false],
    [['a/**'], ['a'], true],
    [['a/**'], ['a/b/c'], true],
    [['a/**'], ['b/c'], false],
    [['a/**/z'], ['a/z'], true],
    [['a/**/z'], ['a/b/c/z'], true],
    [['a/**/z'], ['a/b/c'], false],
    [['**'], ['anything/at/all'], true],
    [['**'], undefined, true],
    [undefined, undefined, true],
    [undefined, ['a'], false],
    [[], undefined, false],
    [['a'], undefined, false],
    [['a*'], ['ab'], false],
    [['a*'], ['a*'], true],
    [['__proto__'], ['__proto__'], true],
    [['__proto__'], ['constructor'], false],
  ])('of %j, for an event with %j: %s', (patterns, topics, expected) => {
    expect(matching({ reader: patterns }, topics)).toEqual(expected ? ['reader'] : [])
  })

  it('is found once, however many of its topics match', () => {
    expect(matching({ reader: ['a', 'a/*', '*', '**', 'a/b'], other: ['c'] }, ['a', 'a/b'])).toEqual(['reader'])
  })

  it('is not found after it has gone, and leaves the others', () => {
    const index = new TopicIndex<string>()
    for (const topics of [['a/b'], ['a/*'], ['a/**'], ['**'], undefined]) {
      index.add(topics, 'gone')
      index.add(topics, 'stays')
      index.remove(topics, 'gone')
      expect([...index.match(['a/b'])]).not.toContain('gone')
      expect([...index.match(topics === undefined ? undefined : ['a/b'])]).toEqual(['stays'])
      index.remove(topics, 'stays')
      expect(index.match(['a/b']).size + index.match(undefined).size).toBe(0)
    }
  })
})

describe('topics', () => {
  it.each([
    ['', 'topic is ""; give text of 1 to 1024 characters'],
    [5, 'topic is 5; give text of 1 to 1024 characters'],
    ['x'.repeat(1025), `topic is "${'x'.repeat(80)}…"; give text of 1 to 1024 characters`],
  ])('refuse %j', (topic, message) => {
    expect(() => checkPatterns([topic as string])).toThrowError(
      expect.objectContaining({ code: 'invalid-option', message }),
    )
  })

  it('must be an array', () => {
    expect(() => checkPatterns('a' as never)).toThrow('topics is "a"; give an array')
  })

  it('are exact names where one publishes', () => {
    expect(() => checkTopics(['a/*'])).toThrow('topic "a/*" is a pattern; publish with exact names')
    expect(checkTopics(['a*b'])).toEqual(['a*b'])
    expect(checkTopics([])).toBeUndefined()
  })
})
