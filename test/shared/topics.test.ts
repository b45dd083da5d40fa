// The hub decides which topics of a page receive an event, the channel which streams do. Both must read a pattern in the same way.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { matches } from '../../src/client/hub/matches.ts'
import { checkTopics, TopicIndex } from '../../src/server/channel/topics.ts'

function serverMatches(topic: string, published: readonly string[]): boolean {
  const index = new TopicIndex<string>()
  index.add([topic], 'reader')
  return index.match(published).has('reader')
}

/** All topics of one to so many of these segments. */
function topicsOf(segments: readonly string[], most: number): string[] {
  let last = ['']
  const all: string[] = []
  for (let length = 1; length <= most; length++) {
    last = last.flatMap((start) => segments.map((segment) => (length === 1 ? segment : `${start}/${segment}`)))
    all.push(...last)
  }
  return all.filter((topic) => topic !== '')
}

function isPublishable(name: string): boolean {
  try {
    checkTopics([name])
    return true
  } catch {
    return false
  }
}

describe('the hub and the channel agree which events a topic receives', () => {
  it('for all short topics', () => {
    const [topics, names] = [topicsOf(['a', 'b', '', '*', '**'], 4), topicsOf(['a', 'b', ''], 4)]
    let matched = 0
    const disagreements: string[] = []
    for (const topic of topics) {
      for (const name of names) {
        const expected = serverMatches(topic, [name])
        if (expected) matched++
        if (matches(topic, [name]) !== expected) disagreements.push(`${topic} and ${name}`)
      }
    }
    expect(disagreements).toEqual([])
    expect(topics.length * names.length).toBe(92_701)
    expect(matched).toBeGreaterThan(5_000)
  })

  it('for any text, and events with several topics', () => {
    const segment = fc.oneof(
      fc.constantFrom('*', '**', 'a', 'b', '', 'a*', '***'),
      fc.string({ unit: 'grapheme', maxLength: 3 }),
    )
    const topic = fc.array(segment, { minLength: 1, maxLength: 6 }).map((segments) => segments.join('/'))
    const isTopic = (text: string) => text !== '' && !/[\r\n]/.test(text)
    const published = fc.array(topic.filter(isPublishable).filter(isTopic), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(topic.filter(isTopic), published, (topic, published) => {
        expect(matches(topic, published)).toBe(serverMatches(topic, published))
      }),
      { numRuns: 2_000 },
    )
  })
})
