/** The topics of an event travel in lines of their own, as fields or as comments, and belong to that event only. */
import { describe, expect, it } from 'vitest'
import { createParser } from '../../src/shared/wire/parse.ts'
import { bytesOf, everyChunking, read } from './feed.ts'

const filler = 'a line that is long enough to leave the path of small chunks behind'

const readAll = (wire: string) => {
  const bytes = bytesOf(wire)
  const expected = read([bytes])
  for (const [chunking, chunks] of everyChunking(bytes)) expect(read(chunks), chunking).toEqual(expected)
  return expected
}

describe('topic lines', () => {
  it.each([
    ['fields', 'topic: orders/7\ntopic: users/3\n'],
    ['comments', ': topic: orders/7\n: topic: users/3\n'],
    ['fields without a space', 'topic:orders/7\ntopic:users/3\n'],
    ['lines that end with CRLF', 'topic: orders/7\r\n: topic: users/3\r\n'],
  ])('are read as %s, also where the data has several lines', (_, lines) => {
    for (const data of ['1', filler, '1\ndata: 2']) {
      const { messages, comments } = readAll(`${lines}event: changed\nid: 7\ndata: ${data}\n\ndata: ${data}\n\n`)
      const text = data.replace('\ndata: ', '\n')
      expect(messages).toEqual([
        { type: 'changed', data: text, id: '7', topics: ['orders/7', 'users/3'] },
        { type: 'message', data: text, id: '7' },
      ])
      expect(Object.keys(messages[1]!)).toEqual(['type', 'data', 'id'])
      expect(comments).toEqual([])
    }
  })

  it('may stand anywhere in the event', () => {
    expect(readAll('data: 1\ntopic: a\ndata: 2\n: topic: b\n\n').messages).toEqual([
      { type: 'message', data: '1\n2', id: '', topics: ['a', 'b'] },
    ])
  })

  it('of a block without data go with it', () => {
    expect(readAll('topic: a\n\nid: 1\ntopic: b\n\ndata: 1\n\n').messages).toEqual([
      { type: 'message', data: '1', id: '1' },
    ])
  })

  it('are not taken from other fields and comments', () => {
    const { messages, comments } = readAll('topics: a\ntopic\n:topic: b\n: a topic: c\ndata: topic: d\n\n')
    expect(messages).toEqual([{ type: 'message', data: 'topic: d', id: '' }])
    expect(comments).toEqual(['topic: b', 'a topic: c'])
  })

  it('count as bytes of their event', () => {
    const parser = createParser({ onMessage: () => {}, maxEventSize: 64 })
    expect(() => parser.feed(bytesOf(`${'topic: orders/7\n'.repeat(5)}data: 1\n\n`))).toThrow('over the limit of 64')
  })
})
