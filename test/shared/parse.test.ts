/** The parser follows the HTML standard to the letter, however the bytes are cut. */
import { describe, expect, it } from 'vitest'
import { createParser, type Message, type ParserOptions } from '../../src/shared/wire/parse.ts'
import { samples } from '../fixtures/wire.ts'
import { bytesOf, everyChunking, read } from './feed.ts'
import { readByTheStandard } from './reference-parser.ts'

describe('the rules of the standard', () => {
  it.each(samples)('$rule', ({ wire, messages = [], comments = [], retries = [], lastEventId = '' }) => {
    const bytes = bytesOf(wire)
    const expected = {
      messages: messages.map(({ type = 'message', data, id = '' }) => ({ type, data, id })),
      comments,
      retries,
      lastEventId,
    }
    expect(readByTheStandard(bytes)).toEqual(expected)
    for (const [chunking, chunks] of everyChunking(bytes)) expect(read(chunks), chunking).toEqual(expected)
  })

  it('has a sample for each rule once', () => {
    expect(new Set(samples.map(({ rule }) => rule)).size).toBe(samples.length)
  })
})

describe('when things are reported', () => {
  it('dispatches with the byte that ends the blank line, not later', () => {
    for (const [first, last] of [
      ['data: 1\n', '\n'],
      ['data: 1\r\n', '\r'],
      ['data: 1\r', '\r'],
    ] as const) {
      const { parser, messages } = listen()
      parser.feed(bytesOf(first))
      expect(messages).toEqual([])
      parser.feed(bytesOf(last))
      expect(messages).toEqual([{ type: 'message', data: '1', id: '' }])
    }
  })

  it('has committed the id when the event is delivered', () => {
    const seen: string[] = []
    const parser = createParser({ onMessage: () => seen.push(parser.lastEventId) })
    parser.feed(bytesOf('id: 1\ndata: a\n\nid: 2\ndata: b\n'))
    expect(parser.lastEventId).toBe('1')
    parser.feed(bytesOf('\n'))
    expect(seen).toEqual(['1', '2'])
  })

  it('starts from the id that it was given', () => {
    const reading = read([bytesOf('data: a\n\nid\ndata: b\n\n')], { lastEventId: '41' })
    expect(reading.messages.map(({ id }) => id)).toEqual(['41', ''])
  })

  it('keeps the order of messages, comments and retries', () => {
    const order: string[] = []
    const parser = createParser({
      onMessage: ({ data }) => order.push(data),
      onComment: (text) => order.push(`:${text}`),
      onRetry: (delay) => order.push(`retry ${delay}`),
    })
    parser.feed(bytesOf('data: 1\n:2\nretry: 3\n\n:4\ndata: 5\n\nretry: 6\n'))
    expect(order).toEqual([':2', 'retry 3', '1', ':4', '5', 'retry 6'])
  })

  it('reports a preamble and a heartbeat that no blank line follows, at any chunking', () => {
    for (const [chunking, chunks] of everyChunking(
      bytesOf(': heartbeat=15000\nretry: 50\ndata: 1\n\n:\ndata: 2\n\n'),
    )) {
      const order: string[] = []
      const parser = createParser({
        onMessage: ({ type, data }) => order.push(`${type} ${data}`),
        onComment: (text) => order.push(`:${text}`),
        onRetry: (delay) => order.push(`retry ${delay}`),
      })
      for (const chunk of chunks) parser.feed(chunk)
      expect(order, chunking).toEqual([':heartbeat=15000', 'retry 50', 'message 1', ':', 'message 2'])
    }
  })

  it('leaves the chunk as it was and keeps nothing of it', () => {
    const { parser, messages } = listen()
    const chunk = bytesOf('data: 1')
    parser.feed(chunk)
    expect(chunk).toEqual(bytesOf('data: 1'))
    chunk.fill(0)
    parser.feed(bytesOf('2\n\n'))
    expect(messages).toEqual([{ type: 'message', data: '12', id: '' }])
  })
})

describe('closing', () => {
  const wire = bytesOf('data: 1\n\n: comment\nretry: 7\ndata: a\ndata: b\n\nevent: x\ndata: 3\n\n')

  it.each(['message', 'comment', 'retry', 'b'])('stops delivery at once from inside a callback (%s)', (last) => {
    for (const [chunking, chunks] of everyChunking(wire)) {
      const order: string[] = []
      const note = (kind: string, stop = kind) => {
        order.push(kind)
        if (stop === last) parser.close()
      }
      const parser = createParser({
        onMessage: ({ type, data }) => note(type, data === 'a\nb' ? 'b' : type),
        onComment: () => note('comment'),
        onRetry: () => note('retry'),
      })
      for (const chunk of chunks) parser.feed(chunk)
      expect(order, chunking).toEqual(
        ['message', 'comment', 'retry', 'message'].slice(0, { message: 1, comment: 2, retry: 3, b: 4 }[last]),
      )
    }
  })

  it('ignores what is fed after the end', () => {
    const { parser, messages } = listen()
    parser.feed(bytesOf('data: 1\n'))
    parser.end()
    parser.feed(bytesOf('\ndata: 2\n\n'))
    expect(messages).toEqual([])
  })
})

function listen(options: Partial<ParserOptions> = {}) {
  const messages: Message[] = []
  return { messages, parser: createParser({ onMessage: (message) => messages.push(message), ...options }) }
}
