// A last event id may be anything that a stranger sends: it is read as UTF-8 and given to the server, whole.
import { describe, expect, it } from 'vitest'
import { createStream } from '../../../src/server/index.ts'
import { requestWith } from '../reading.ts'

/** UTF-8 as platforms hand it over in a header. */
function asHeader(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join('')
}

function idOf(header: string): string {
  return createStream(requestWith({ headers: { 'Last-Event-ID': header } })).lastEventId
}

describe('the header', () => {
  it.each(['naïve', '日本語', '🎉', 'a b', '\uFEFFmarked'])('%j arrives as it was sent', (id) => {
    expect(idOf(asHeader(id))).toBe(id)
  })

  it('that is not UTF-8 is kept as it is', () => {
    expect(idOf('caf\xe9')).toBe('caf\xe9')
  })

  it('of 1 MB is not shortened', () => {
    expect(idOf('x'.repeat(1_000_000))).toBe('x'.repeat(1_000_000))
    expect(idOf(asHeader('日'.repeat(1_000_000)))).toBe('日'.repeat(1_000_000))
  })

  it('with a control character that HTTP lets through is an id like any other', () => {
    expect(idOf('a\tb')).toBe('a\tb')
  })
})

describe('the query', () => {
  it('may hold control characters, which never reach the wire', () => {
    const stream = createStream(requestWith({}, '?lastEventId=a%0Adata%3A%20forged%00'))
    expect(stream.lastEventId).toBe('a\ndata: forged\0')
    expect(() => stream.send('message', 1, { id: stream.lastEventId })).toThrow(
      'id "a\\ndata: forged\\u0000" contains a line break; give one line without NUL',
    )
    stream.close()
  })

  it('of 1 MB is not shortened', () => {
    const { lastEventId } = createStream(requestWith({}, `?lastEventId=${'x'.repeat(1_000_000)}`))
    expect(lastEventId).toBe('x'.repeat(1_000_000))
  })

  it('that is badly escaped does not throw', () => {
    expect(createStream(requestWith({}, '?lastEventId=%E0%A4%A')).lastEventId).toBe('\uFFFD%A')
  })
})
