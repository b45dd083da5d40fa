/** The encoder writes what a client reads back, and refuses what could forge a field. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  checkName,
  commentFrame,
  controlFrame,
  encodeEvent,
  endFrame,
  eventFrame,
  retryFrame,
} from '../../src/shared/wire/encode.ts'
import { bytesOf, cutAt, read } from './feed.ts'
import { readByTheStandard } from './reference-parser.ts'

const decode = (bytes: Uint8Array) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
const wellFormed = (text: string) => decode(bytesOf(text))

describe('the encoded text', () => {
  it('writes event, id, retry, data, in this order, and a blank line', () => {
    expect(decode(encodeEvent({ data: '1', retry: 3, id: '7', type: 'ping' }))).toBe(
      'event: ping\nid: 7\nretry: 3\ndata: 1\n\n',
    )
  })

  it('writes no event line for "message"', () => {
    expect(decode(encodeEvent({ data: '1' }))).toBe('data: 1\n\n')
    expect(decode(encodeEvent({ type: 'message', data: '1' }))).toBe('data: 1\n\n')
  })

  it('writes an empty data line for empty data', () => {
    expect(decode(encodeEvent({ data: '' }))).toBe('data:\n\n')
    expect(eventFrame('message', '', true)).toBe('data:\n\n')
  })

  it('writes a data line for each line, whatever ends it', () => {
    expect(decode(encodeEvent({ data: 'a\nb\rc\r\nd\n\re' }))).toBe(
      'data: a\ndata: b\ndata: c\ndata: d\ndata: \ndata: e\n\n',
    )
    expect(decode(encodeEvent({ data: '\n' }))).toBe('data: \ndata: \n\n')
  })

  it('keeps a leading space, a colon and every character that is not a line end', () => {
    expect(decode(encodeEvent({ data: ' a: b\u2028\u0085\0' }))).toBe('data:  a: b\u2028\u0085\0\n\n')
  })

  it('writes lone surrogates as U+FFFD', () => {
    expect(decode(encodeEvent({ type: 'a\uD800', id: '\uDC00', data: '\uDBFFb' }))).toBe(
      'event: a\uFFFD\nid: \uFFFD\ndata: \uFFFDb\n\n',
    )
  })

  it.each(['x'.repeat(4_096), `${'日'.repeat(1_365)}y`])('writes an id of 4,096 bytes whole', (id) => {
    expect(decode(encodeEvent({ id, data: '1' }))).toBe(`id: ${id}\ndata: 1\n\n`)
  })

  it('writes an empty id, which resets it', () => {
    expect(decode(encodeEvent({ id: '', data: '1' }))).toBe('id: \ndata: 1\n\n')
  })

  it('writes retry from 0 to 2,147,483,647', () => {
    expect(decode(encodeEvent({ data: '', retry: 0 }))).toBe('retry: 0\ndata:\n\n')
    expect(retryFrame(2_147_483_647)).toBe('retry: 2147483647\n')
  })

  it('writes a comment line for each line of a comment', () => {
    expect(commentFrame('')).toBe(':\n')
    expect(commentFrame('a\nb\rc\r\ndata: d')).toBe(': a\n: b\n: c\n: data: d\n')
  })

  it('writes a blank line behind a retry only where that ends a stream', () => {
    expect(endFrame(false, 50)).toBe('retry: 50\n\n')
    expect(endFrame(true, 50)).toBe('retry: 50\nevent: sse:end\nid: sse:end\ndata: {}\n\n')
    expect(endFrame(false, undefined)).toBe('')
    expect(endFrame(true, 50, { controls: 'comments' })).toBe('retry: 50\n: sse:end\nid: sse:end\n\n')
  })

  it('writes a last event before a final end only', () => {
    expect(endFrame(true, undefined, { done: '[DONE]' })).toBe(`data: [DONE]\n\n${endFrame(true)}`)
    expect(endFrame(true, undefined, { done: 'a\nb', controls: 'comments' })).toBe(
      'id: sse:end\ndata: a\ndata: b\n\n: sse:end\nid: sse:end\n\n',
    )
    expect(endFrame(false, undefined, { done: '[DONE]', controls: 'comments' })).toBe('')
  })

  it('writes what an end says in either form', () => {
    expect(endFrame(true, undefined, {}, '{"how":"done"}')).toBe(
      'event: sse:end\nid: sse:end\ndata: {"how":"done"}\n\n',
    )
    expect(endFrame(true, undefined, { controls: 'comments' }, '{"how":"done"}')).toBe(
      ': sse:end {"how":"done"}\nid: sse:end\n\n',
    )
  })

  it('writes control events with the names and ids that users cannot send', () => {
    expect(controlFrame('sse:cursor', '', 'a.1')).toBe('event: sse:cursor\nid: a.1\ndata:\n\n')
    expect(controlFrame('sse:gap', '{"reason":"epoch"}')).toBe('event: sse:gap\ndata: {"reason":"epoch"}\n\n')
  })

  it('writes control information as comments and as blocks without data', () => {
    expect(controlFrame('sse:cursor', '{}', 'a.1', 'comments')).toBe('id: a.1\n\n')
    expect(controlFrame('sse:gap', '{"reason":"epoch"}', 'a.1', 'comments')).toBe(
      ': sse:gap {"reason":"epoch"}\nid: a.1\n\n',
    )
    expect(controlFrame('sse:gap', '{"reason":"epoch"}', undefined, 'comments')).toBe(': sse:gap {"reason":"epoch"}\n')
  })

  it('still knows its names when more were used than it remembers', () => {
    for (let n = 0; n < 3000; n++) expect(eventFrame(`n${n}`, '1', true)).toBe(`event: n${n}\ndata: 1\n\n`)
    expect(eventFrame('n1', '1', true)).toBe('event: n1\ndata: 1\n\n')
  })

  it('takes names that objects have', () => {
    for (const type of ['__proto__', 'constructor', 'toString']) {
      expect(decode(encodeEvent({ type, data: '1' }))).toBe(`event: ${type}\ndata: 1\n\n`)
    }
  })
})

describe('invalid input', () => {
  const refusals: readonly [what: string, fields: object, text: string][] = [
    [
      'LF in a name',
      { type: 'user\nleft' },
      'event name "user\\nleft" contains a line break; give one line without NUL',
    ],
    ['CR in a name', { type: 'a\rb' }, 'event name "a\\rb" contains a line break; give one line without NUL'],
    ['NUL in a name', { type: 'a\0b' }, 'event name "a\\u0000b" contains NUL; give one line without NUL'],
    ['an empty name', { type: '' }, 'event name is empty; "message" is the default name'],
    ['a reserved name', { type: 'sse:end' }, 'event name "sse:end" starts with "sse:"; that prefix is reserved'],
    ['a name that is not a string', { type: 7 }, 'event name is of type number; give a string'],
    ['LF in an id', { id: '1\n' }, 'id "1\\n" contains a line break; give one line without NUL'],
    ['CRLF in an id', { id: '1\r\nretry: 1' }, 'id "1\\r\\nretry: 1" contains a line break; give one line without NUL'],
    ['NUL in an id', { id: '\0' }, 'id "\\u0000" contains NUL; give one line without NUL'],
    ['a reserved id', { id: 'sse:end' }, 'id "sse:end" starts with "sse:"; that prefix is reserved'],
    ['an id that is not a string', { id: 7 }, 'id is of type number; give a string'],
    ['an id over 4,096 bytes', { id: 'x'.repeat(4_097) }, `id "${'x'.repeat(80)}…" has 4097 bytes; give at most 4096`],
    [
      'an id over 4,096 bytes in UTF-8',
      { id: '日'.repeat(1_366) },
      `id "${'日'.repeat(80)}…" has 4098 bytes; give at most 4096`,
    ],
    [
      'a long id',
      { id: `${'x'.repeat(90)}\n` },
      `id "${'x'.repeat(80)}…" contains a line break; give one line without NUL`,
    ],
    ['a negative retry', { retry: -1 }, 'retry -1 is not a whole number of milliseconds from 0 to 2147483647'],
    ['a fraction', { retry: 1.5 }, 'retry 1.5 is not a whole number of milliseconds from 0 to 2147483647'],
    [
      'a retry beyond timers',
      { retry: 2 ** 31 },
      'retry 2147483648 is not a whole number of milliseconds from 0 to 2147483647',
    ],
    ['NaN', { retry: Number.NaN }, 'retry NaN is not a whole number of milliseconds from 0 to 2147483647'],
    ['Infinity', { retry: Infinity }, 'retry Infinity is not a whole number of milliseconds from 0 to 2147483647'],
    [
      'a retry that is text',
      { retry: '1\ndata: x' },
      'retry "1\\ndata: x" is not a whole number of milliseconds from 0 to 2147483647',
    ],
    ['data that is not a string', { data: { a: 1 } }, 'data is of type object; give a string'],
    ['no data', { data: undefined }, 'data is of type undefined; give a string'],
  ]

  it.each(refusals)('%s', (_what, fields, text) => {
    expect(() => encodeEvent({ data: '', ...fields } as never)).toThrowError(
      expect.objectContaining({ name: 'EventwireError', code: 'invalid-field', message: text }),
    )
  })

  it('no name, also behind a name that was refused', () => {
    expect(() => checkName('sse:end')).toThrow()
    expect(() => checkName(undefined as never)).toThrowError(
      expect.objectContaining({ code: 'invalid-field', message: 'event name is of type undefined; give a string' }),
    )
  })

  it('a comment that is not a string', () => {
    expect(() => commentFrame(7 as never)).toThrowError(
      expect.objectContaining({ code: 'invalid-field', message: 'comment is of type number; give a string' }),
    )
  })

  it.each(['sse:end', 'a\nsse:gap {}', 'a\rsse:end', 'a\r\nsse:', '\nsse:end', 'a\ntopic: b'])(
    'a comment that could be control information: %j',
    (text) => {
      const line = JSON.stringify(text.split(/[\r\n]+/).at(-1))
      expect(() => commentFrame(text)).toThrowError(
        expect.objectContaining({
          code: 'invalid-field',
          message: `comment ${line} starts with "${line.slice(1, line.indexOf(':') + 1)}"; that prefix is reserved`,
        }),
      )
    },
  )

  it('no other comment', () => {
    expect(commentFrame(' sse:end')).toBe(':  sse:end\n')
    expect(commentFrame('the end of sse:end')).toBe(': the end of sse:end\n')
  })

  it('a refused name again the second time', () => {
    for (let time = 0; time < 2; time++) expect(() => encodeEvent({ type: 'a\n', data: '' })).toThrow('line break')
  })
})

describe('any message', () => {
  const anyText = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({
      unit: fc.constantFrom(
        '\r',
        '\n',
        '\r\n',
        '\0',
        '\u2028',
        '\uFEFF',
        '\uD800',
        '\uDC00',
        '🎉',
        ' ',
        ':',
        'a',
        'data: ',
      ),
    }),
  )
  const line = anyText.map((text) => text.replace(/[\r\n\0]/g, '')).filter((text) => !text.startsWith('sse:'))
  const message = fc.record(
    {
      data: anyText,
      type: line.filter((name) => name !== ''),
      id: line,
      retry: fc.integer({ min: 0, max: 2_147_483_647 }),
    },
    { requiredKeys: ['data'] },
  )
  const onTheWire = (text: string) => wellFormed(text).replace(/\r\n|\r/g, '\n')

  it('comes back as it was, LF for each line end and U+FFFD for each lone surrogate, at any chunking', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 4 }), fc.array(fc.nat(), { maxLength: 8 }), (messages, places) => {
        const wire = messages.map(encodeEvent)
        const bytes = Uint8Array.from(wire.flatMap((frame) => [...frame]))
        let id = ''
        const expected = messages.map((sent) => {
          id = wellFormed(sent.id ?? id)
          return { type: wellFormed(sent.type ?? 'message'), data: onTheWire(sent.data), id }
        })
        const retries = messages.flatMap(({ retry }) => retry ?? [])
        const reading = { messages: expected, comments: [], retries, lastEventId: id }
        expect(read(cutAt(bytes, places))).toEqual(reading)
        expect(readByTheStandard(bytes)).toEqual(reading)
      }),
      { numRuns: 2000 },
    )
  })

  it('is parsed as a comment whatever it contains', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const { messages, comments, retries, lastEventId } = read([bytesOf(commentFrame(text))])
        expect({ messages, retries, lastEventId }).toEqual({ messages: [], retries: [], lastEventId: '' })
        expect(comments.join('\n')).toBe(onTheWire(text))
      }),
      { numRuns: 1000 },
    )
  })
})
