/** `maxEventSize` holds to the byte however the bytes are cut, and neither memory nor work outgrows the input. */
import { execFileSync } from 'node:child_process'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { isEventwireError } from '../../src/shared/errors.ts'
import { createParser, type Message } from '../../src/shared/wire/parse.ts'
import { bytesOf, everyChunking } from './feed.ts'

/** Feeds until the end or an error. */
function feedAll(chunks: Iterable<Uint8Array>, maxEventSize: number) {
  const messages: Message[] = []
  const parser = createParser({ onMessage: (message) => messages.push(message), maxEventSize })
  let error: unknown
  try {
    for (const chunk of chunks) parser.feed(chunk)
  } catch (caught) {
    error = caught
  }
  return { parser, messages, error }
}

describe('the bound', () => {
  /** The size of the largest event of a stream: its lines with their ends, without the blank line. */
  const streams: readonly [what: string, wire: string | Uint8Array, size: number][] = [
    ['an event', 'data: 123\n\n', 10],
    ['an event after a smaller one', 'data: 1\n\ndata: 123\n\ndata: 2\n\n', 10],
    ['CRLF', 'data: 123\r\n\r\ndata: 4\r\n\r\n', 11],
    ['CR', 'data: 123\r\rdata: 4\r\r', 10],
    ['several lines', 'event: a\nid: 1\ndata: 1\nretry: 1\n: c\nx\ndata\n\n', 9 + 6 + 8 + 9 + 4 + 2 + 5],
    ['several lines with CRLF', 'event: a\r\ndata: 1\r\n: c\r\n\r\n', 10 + 9 + 5],
    ['an event without data', 'event: aaaaaaaaaaaa\n\ndata: 1\n\n', 20],
    ['multi-byte text', 'data: é日🎉\n\ndata: 1\n\n', 6 + 2 + 3 + 4 + 1],
    ['multi-byte text in several lines', 'event: ü\ndata: 🎉\ndata: 日本\n\n', 10 + 11 + 13],
    ['a BOM, which does not count', '\uFEFFdata: 123\n\n', 10],
    ['a BOM inside, which does', 'data: \uFEFF\n\n', 10],
    [
      'U+FFFD for invalid UTF-8',
      Uint8Array.from([...bytesOf('data: '), 0xff, 0xff, 0xe2, 0x82, ...bytesOf('\n\n')]),
      6 + 9 + 1,
    ],
    ['CRLF in the second of two events', 'data: 1\r\n\r\ndata: 123\r\n\r\n', 11],
    ['a comment behind CRLF', ': 1\r\n: 12345678\r\n\r\n', 10],
    [
      'U+FFFD in a chunk that has as many characters as bytes',
      Uint8Array.from([...bytesOf(`data: ${'x'.repeat(40)}`), 0xff, 0xff, ...bytesOf('\n\n')]),
      6 + 40 + 6 + 1,
    ],
    ['a comment between events, without its end', ': 12345678\n\ndata\n\n', 10],
    ['an unknown field between events, without its end', 'data\n\nunknown: é\r\n\r\n', 11],
    ['an event right behind a heartbeat and a retry', ':\nretry: 50\ndata: 123\n\n:\ndata: 4\n\n', 10],
    ['what starts with a small comment', ': 1\n:2\n\n:3\ndata: 123\n\n', 10],
  ]

  it.each(streams)('counts %s to the byte, at any chunking', (_what, wire, size) => {
    const bytes = bytesOf(wire)
    const whole = feedAll([bytes], Infinity).messages
    for (const [chunking, chunks] of everyChunking(bytes)) {
      expect(feedAll(chunks, size), chunking).toMatchObject({ messages: whole, error: undefined })
      const { messages, error } = feedAll(chunks, size - 1)
      expect(error, chunking).toMatchObject({ code: 'event-too-large' })
      expect(messages, chunking).toEqual(whole.slice(0, messages.length))
      expect(messages.length, chunking).toBeLessThanOrEqual(whole.length)
    }
  })

  it('delivers what was complete before', () => {
    const wire = bytesOf('data: 1\n\ndata: 22222\n\ndata: 3\n\n')
    for (const [chunking, chunks] of everyChunking(wire)) {
      expect(
        feedAll(chunks, 10).messages.map(({ data }) => data),
        chunking,
      ).toEqual(['1'])
    }
  })

  it('does not wait for the end of a line that is too long', () => {
    const { error } = feedAll(Array.from('data: 12345', bytesOf), 10)
    expect(error).toMatchObject({ code: 'event-too-large' })
  })

  it('does not add up comments and blank lines between events', () => {
    const { error, messages } = feedAll(
      Array.from({ length: 1000 }, () => bytesOf(': beat\n\n:\r\nid\n\n')),
      10,
    )
    expect({ error, messages }).toEqual({ error: undefined, messages: [] })
  })

  it('is one typed error that says what to do, and the parser is closed then', () => {
    const { parser, error, messages } = feedAll([bytesOf('data: 1'), bytesOf('2345')], 10)
    expect(isEventwireError(error) && error.message).toBe(
      'event of at least 11 bytes is over the limit of 10; raise maxEventSize or send it in parts',
    )
    expect(() => parser.feed(bytesOf('\n\ndata: 2\n\n'))).not.toThrow()
    expect(messages).toEqual([])
  })

  it('is 16 MiB by default', () => {
    const fill = (size: number) => bytesOf(`data: ${'x'.repeat(size - 7)}\n\n`)
    const messages: Message[] = []
    const parser = createParser({ onMessage: (message) => messages.push(message) })
    parser.feed(fill(16 * 1024 * 1024))
    expect(messages).toHaveLength(1)
    expect(() => parser.feed(fill(16 * 1024 * 1024 + 1))).toThrow('over the limit of 16777216')
  })

  it.each([0, -1, Number.NaN])('refuses %s', (maxEventSize) => {
    expect(() => createParser({ onMessage: () => {}, maxEventSize })).toThrowError(
      expect.objectContaining({
        code: 'invalid-option',
        message: `maxEventSize is ${maxEventSize}; give a positive number of bytes`,
      }),
    )
  })
})

/** Streams that never finish an event, each one unit repeated. */
const endless: readonly [what: string, first: string, unit: string][] = [
  ['a line', 'data: ', 'x'],
  ['a line of multi-byte text', 'data: ', '日'],
  ['a comment', ': ', 'x'],
  ['an unknown field', 'unknown: ', 'x'],
  ['data lines', '', 'data: 0123456789abcdef\n'],
  ['data lines with CRLF', '', 'data: 0123456789abcdef\r\n'],
  ['empty data lines', '', 'data:\n'],
  ['data lines without a colon', '', 'data\n'],
  ['an event and comments', 'data: x\n', `: ${'c'.repeat(60)}\n`],
  ['event names', '', 'event: 0123456789abcdef\n'],
  ['ids with NUL', '', 'id: 0123456789\0abcdef\n'],
]

describe('memory', () => {
  it.each(endless)('of endless %s stays near the bound', (_what, first, unit) => {
    const script = new URL('./parse-memory.ts', import.meta.url).pathname
    for (const chunkSize of [65_536, 100]) {
      const answer = execFileSync(process.execPath, ['--expose-gc', script, JSON.stringify([first, unit, chunkSize])], {
        encoding: 'utf8',
      })
      const { limit, held, finished, refused, code } = JSON.parse(answer)
      expect(held, `held with chunks of ${chunkSize}`).toBeLessThan(limit * 2.5)
      expect(finished, `left of a finished event, with chunks of ${chunkSize}`).toBeLessThan(limit / 2)
      expect(refused, `left of a refused event, with chunks of ${chunkSize}`).toBeLessThan(limit / 2)
      expect(code).toBe('event-too-large')
    }
  })
})

describe('work', () => {
  afterEach(() => vi.restoreAllMocks())

  const MEGABYTES_5 = 5 * 1024 * 1024

  it.each(endless)('on endless %s grows with its length only', (_what, first, unit) => {
    for (const chunkSize of [1, 17, 100, 65_536])
      expect(workFor(bytesOf(first + unit.repeat(200_000 / unit.length)), chunkSize)).toBeLessThan(8)
  })

  it.each([
    [
      'small events with an invalid byte at the end',
      Uint8Array.from([...bytesOf('data: 1\n\n'.repeat(20_000)), 0xff, 0xff]),
    ],
    ['LF with one CR at the end', bytesOf(`${'data: 1\n\n'.repeat(20_000)}\r`)],
    ['CR with one LF at the end', bytesOf(`${'data: 1\r\r'.repeat(20_000)}\n`)],
    ['ids with a NUL at the end', bytesOf(`${'id: 1\n\n'.repeat(20_000)}\0`)],
  ])('on %s grows with its length only', (_what, bytes) => {
    for (const chunkSize of [100, 65_536, bytes.length]) expect(workFor(bytes, chunkSize)).toBeLessThan(8)
  })

  it('on a line of 5 MB in chunks of one byte grows with its length only', () => {
    expect(workFor(bytesOf(`data: ${'x'.repeat(MEGABYTES_5)}\n\n`), 1)).toBeLessThan(8)
  })

  /** Bytes decoded and characters searched, for each byte of input; small bounds are the hardest, every event is checked. */
  function workFor(bytes: Uint8Array, chunkSize: number): number {
    let work = 0
    const { decode } = TextDecoder.prototype
    const { indexOf, includes } = String.prototype
    vi.spyOn(TextDecoder.prototype, 'decode').mockImplementation(function (this: TextDecoder, input, options) {
      work += (input as Uint8Array).length
      return decode.call(this, input, options)
    })
    vi.spyOn(String.prototype, 'indexOf').mockImplementation(function (this: string, search, from = 0) {
      const index = indexOf.call(this, search, from)
      work += (index === -1 ? this.length : index) - from
      return index
    })
    vi.spyOn(String.prototype, 'includes').mockImplementation(function (this: string, search, from = 0) {
      work += this.length - from
      return includes.call(this, search, from)
    })
    const parser = createParser({ onMessage: () => {}, maxEventSize: bytes.length + 10 })
    for (let at = 0; at < bytes.length; at += chunkSize) parser.feed(bytes.subarray(at, at + chunkSize))
    vi.restoreAllMocks()
    return work / bytes.length
  }
})
